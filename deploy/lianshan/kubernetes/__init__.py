"""Kubernetes: the credentials of a new cluster, and the manifests that are rendered from other files."""
