"""The record: one entry for every act, written in the transaction of what it tells."""
