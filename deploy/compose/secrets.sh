#!/bin/sh
# Makes every password and key of the compose stack, each at random, as a file in ./secrets or the folder given.
# A file that exists stays, so it may run again. Keep data_key apart from backups of the databases, and never lose it:
# without it sealed personal data cannot be read.
set -eu
folder=${1:-$(dirname "$0")/secrets}
umask 077
mkdir -p "$folder"
cd "$folder"

# Their folder is closed to others; the files are readable in the containers, whose users the host does not know.
keep() {
    [ -s "$1" ] && return
    cat >"$1.new"
    chmod 444 "$1.new"
    mv "$1.new" "$1"
}
random() { head -c "$1" /dev/urandom; }
hexadecimal() { random "$1" | od -An -v -tx1 | tr -d ' \n'; }

hexadecimal 24 | keep admin_password
random 32 | base64 | tr -d '\n' | keep data_key
random 32 | base64 | tr -d '\n' | keep webhook_key
for name in notice_secret notice_report_secret; do
    { printf 'whsec_'; random 32 | base64 | tr -d '\n'; } | keep "$name"
done
# In its place comes the password of the account at the mail server, where LIANSHAN_NOTICE_SMTP_USER names one.
hexadecimal 24 | keep notice_smtp_password
random 756 | base64 | tr -d '\n' | keep mongo_keyfile
{ printf 'lk_'; hexadecimal 32; } | keep admin_key
for user in stations charity volunteering gateway projector webhooks observer operator; do
    hexadecimal 24 | keep "$user.amqp_password"
    hexadecimal 24 | keep "$user.mongo_password"
done
printf 'default_user = admin\ndefault_pass = %s\ndefault_user_tags.administrator = true\n' "$(cat admin_password)" |
    keep rabbitmq_admin.conf
