"""The benchmark harness, bottom to top.

system    the machine: page cache, mounts, /proc, readahead
process   commands with a hard timeout, daemons that never outlive the run
library   the test data: made once from a seed, reused
probe     what reads the files: a program of its own, so that a hang can be timed out
shares    slow shares to mount: slowshare, sshfs over a long link, a local directory
views     what is measured on top of a share: rclone, Larder, the share itself, zerofs
scenes    who does what in which order, and what is timed
patterns  scenes: folders looked through, films read in any way but from start to end
playing   scenes: films that play by the clock
figures   the table: names, units, targets
report    Markdown, JSON, README
"""
