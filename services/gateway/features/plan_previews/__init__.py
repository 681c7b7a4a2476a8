"""Previews of edits of care plans, asked of their owner: the visits that an edit touches."""
