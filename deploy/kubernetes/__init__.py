"""Manifests for Kubernetes (kustomize), and what makes the secrets that they name."""
