"""The mini-program's API: 同步安防数据."""
