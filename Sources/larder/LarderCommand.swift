import Glibc

/// The `larder` command: one run of it.
enum LarderCommand {
    /// Bytes as the kernel handed them over, without the program's name.
    static var arguments: [[UInt8]] {
        let count = Int(CommandLine.argc)
        return (1..<max(1, count)).compactMap { index in
            CommandLine.unsafeArgv[index].map { text in
                Array(UnsafeRawBufferPointer(start: text, count: strlen(text)))
            }
        }
    }

    /// - Returns: the exit code.
    static func run(_ arguments: [[UInt8]]) -> Int32 {
        do throws(CommandError) {
            return try perform(try CommandParser.parse(arguments))
        } catch {
            Terminal.err(error.message)
            return error.code.rawValue
        }
    }

    private static func perform(_ command: Command) throws(CommandError) -> Int32 {
        switch command {
        case .help(let topic):
            Terminal.out(HelpText.text(topic))
        case .version:
            Terminal.out(Version.text)
        case .mount(let request):
            return try MountCommand(request: request).run()
        case .unmount(let view, let lazy):
            try UnmountCommand(view: view, lazy: lazy).run()
        case .status(let view, let json):
            return try StatusCommand(view: view, json: json).run().rawValue
        case .list(let json):
            return try ListCommand(json: json).run().rawValue
        case .doctor(let request):
            return try DoctorCommand(request: request).run().rawValue
        case .explain(let path, let json):
            return try ExplainCommand(path: path, json: json).run().rawValue
        case .top(let request):
            return try TopCommand(request: request).run().rawValue
        case .record(let request):
            return try RecordCommand(request: request).run().rawValue
        case .evict(let paths):
            return try EvictCommand(paths: paths).run().rawValue
        case .pin(let request):
            return try PinCommand(request: request).run().rawValue
        case .unpin(let paths):
            return try PinCommand(request: PinRequest(paths: paths), isEnd: true).run().rawValue
        case .ls(let request):
            return try LsCommand(request: request).run().rawValue
        case .refresh(let paths):
            return try RefreshCommand(paths: paths).run().rawValue
        case .history(let request):
            return try HistoryCommand(request: request).run().rawValue
        case .forecast(let request):
            return try ForecastCommand(request: request).run().rawValue
        case .warm(let request):
            return try WarmCommand(request: request).run().rawValue
        case .verify(let request):
            return try VerifyCommand(request: request).run().rawValue
        case .replay(let request):
            return try ReplayCommand(request: request).run().rawValue
        case .prepareSleep(let isEnd):
            try PrepareSleepCommand(isEnd: isEnd).run()
        case .config(let request):
            try ConfigCommand(request: request).run()
        case .reload(let view):
            return try ReloadCommand(view: view).run().rawValue
        case .offline(let view, let isEnd):
            try OfflineCommand(view: view, isEnd: isEnd).run()
        case .guardConnection(let charge):
            ConnectionGuard.watch(charge)
        case .survey(let survey):
            Terminal.out(Surveyor.perform(survey))
        }
        return ExitCode.ok.rawValue
    }
}
