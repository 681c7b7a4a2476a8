"""Answer links (答复链接): the page at `/a/{token}` on which a volunteer answers without an account, and their issue.

No view: volunteering is asked. A token stands in the path of the page and in the answer that issues it, nowhere else.
"""
