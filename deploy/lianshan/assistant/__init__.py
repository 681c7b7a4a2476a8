"""The assistant's server (MCP), for `lianshan mcp`: tools that read the platform, and one that drafts a need.

It is a client of the gateway's HTTP API and of nothing else. Each call carries the caller's own key, so permissions,
areas, rates, audit and masking are the gateway's; the server has no rights of its own and keeps nothing. The Model
Context Protocol: https://modelcontextprotocol.io.
"""
