/// How the `larder` command ends. Scripts rely on these: they do not change.
enum ExitCode: Int32 {
    case ok = 0
    /// It was tried and did not work.
    case failure = 1
    /// The command line is wrong.
    case usage = 2
    /// There was nothing to do: not mounted, mounted already, nothing cached.
    case nothingToDo = 3
}
