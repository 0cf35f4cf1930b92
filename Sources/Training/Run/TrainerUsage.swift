/// What `--help` and `--version` print.
public enum TrainerUsage {
    public static let version = "larder-train 0.1.0"

    public static let text = """
        Usage: larder-train --model FILE [OPTIONS]

        Grows random forests of samples of what was read, and writes them into FILE. Larder starts it now and
        then by itself; it works only while nothing else wants the processor or the disk.

        Options:
          --model FILE     the model, which is replaced as a whole
          --samples FILE   where the samples are; - unless said otherwise: standard input
          --seed NUMBER    of everything that is left to chance (1)
          --memory BYTES   what it may ask for (419430400)
          --parent PID     end when this process does, which must be the one that started it
          --help, --version

        Exit codes: 0 the model is a new one, 1 failure, 2 a command line that makes no sense,
        3 too few samples: the model is as it was.

        """
}
