import Glibc

// A client, a pipe or a terminal that has gone is an error of the write, not the end of the
// process.
signal(SIGPIPE, SIG_IGN)
exit(LarderCommand.run(LarderCommand.arguments))
