import Model

/// From arguments to a ``Command``. Pure: looks at nothing but its input.
struct CommandParser {
    private var rest: ArraySlice<[UInt8]>
    private(set) var positional: [[UInt8]] = []

    /// - Parameter arguments: without the program's name; bytes as the kernel handed them over.
    static func parse(_ arguments: [[UInt8]]) throws(CommandError) -> Command {
        var parser = CommandParser(rest: arguments[...])
        return try parser.command()
    }

    private init(rest: ArraySlice<[UInt8]>) {
        self.rest = rest
    }

    private mutating func command() throws(CommandError) -> Command {
        guard let first = rest.popFirst() else {
            throw .usage("what to do? Commands: \(Self.names); see `larder --help`")
        }
        let word = String(decoding: first, as: UTF8.self)
        switch word {
        case "--help", "-h": return .help(nil)
        case "--version", "-V", "version": return .version
        case "help":
            guard let topic = rest.popFirst() else { return .help(nil) }
            return .help(try Self.name(String(decoding: topic, as: UTF8.self)))
        case ConnectionGuard.commandName:
            guard let charge = ConnectionGuard.Charge(arguments: try ownArguments()) else {
                throw .usage("\(word) is for larder itself")
            }
            return .guardConnection(charge)
        case Survey.commandName:
            guard let survey = Survey(arguments: try ownArguments()) else {
                throw .usage("\(word) is for larder itself")
            }
            return .survey(survey)
        case PrepareSleepCommand.name where rest.isEmpty: return .prepareSleep(isEnd: false)
        case PrepareSleepCommand.nameOfEnd where rest.isEmpty: return .prepareSleep(isEnd: true)
        case let option where option.hasPrefix("-"):
            throw .usage("unknown option '\(option)'; a command comes first: \(Self.names)")
        default: break
        }
        let name = try Self.name(word)
        if rest.prefix(while: { $0 != Array("--".utf8) })
            .contains(where: { $0 == Array("--help".utf8) || $0 == Array("-h".utf8) })
        {
            return .help(name)
        }
        return try command(name)
    }

    private mutating func command(_ name: CommandName) throws(CommandError) -> Command {
        switch name {
        case .mount: return .mount(try mount())
        case .unmount: return try unmount()
        case .status: return try status()
        case .list: return .list(json: try list())
        case .explain: return try explain()
        case .top: return .top(try top())
        case .record: return .record(try record())
        case .evict: return try evict()
        case .pin: return .pin(try pin())
        case .unpin: return try unpin()
        case .ls: return .ls(try ls())
        case .refresh:
            _ = try options(of: .refresh)
            return .refresh(positional)
        case .warm: return try warm()
        case .history: return .history(try history())
        case .forecast: return .forecast(try forecast())
        case .verify:
            let againstShare = try isGiven("--against-share", to: .verify)
            return .verify(VerifyRequest(paths: positional, againstShare: againstShare))
        case .doctor: return .doctor(try doctor())
        case .replay: return .replay(try replay())
        case .config: return .config(try config())
        case .reload: return try reload()
        case .offline: return .offline(view: try oneView(of: .offline), isEnd: false)
        case .online: return .offline(view: try oneView(of: .online), isEnd: true)
        }
    }

    private static let names = CommandName.allCases.map(\.rawValue).joined(separator: ", ")

    private static func name(_ word: String) throws(CommandError) -> CommandName {
        // What umount(8) has taught everybody's fingers.
        if word == "umount" { return .unmount }
        if let name = CommandName(rawValue: word) { return name }
        let known = CommandName.allCases.map(\.rawValue)
        let hint = Spelling.nearest(to: word, among: known).map { "; did you mean '\($0)'?" }
        throw .usage("unknown command '\(word)'\(hint ?? "; commands: \(names)")")
    }

    // MARK: Commands

    private mutating func mount() throws(CommandError) -> MountRequest {
        var texts: [String] = []
        var background = false
        var report: Int32?
        var sloppy = false
        var source: ConfigurationLocator.Source?
        for option in try options(of: .mount) {
            switch option.name {
            case "--config":
                guard !option.value.isEmpty else { throw .usage("--config needs a file") }
                source = .file(option.value)
            case "-o": texts.append(option.value)
            case "--background": background = true
            case "--sloppy": sloppy = true
            case Self.reportOption:
                guard let descriptor = Int32(option.value) else {
                    throw .usage("\(Self.reportOption) is for larder itself")
                }
                report = descriptor
            default: break  // -f: the foreground is the default
            }
        }
        let paths = try self.paths()
        if source == nil, paths.count == 1, ConfigurationLocator.isName(paths[0]) {
            source = .name(paths[0])
        }
        var request = try MountOptionParser.parse(texts, sloppy: sloppy, source: source)
        let isFromFile = request.source != nil
        if case .name = source {
        } else {
            guard paths.count == 2 || (paths.isEmpty && isFromFile) else {
                throw .usage(
                    paths.count < 2
                        ? "mount needs a share and a view: `larder mount SHARE VIEW`,"
                            + " or a configuration: `larder mount NAME`"
                        : "mount takes one share and one view; '\(paths[2])' is too much")
            }
            request.paths = paths
        }
        request.background = background
        request.reportDescriptor = report
        if !isFromFile { try request.settle() }
        return request
    }

    private mutating func unmount() throws(CommandError) -> Command {
        let lazy = try isGiven("--lazy", to: .unmount)
        let paths = try self.paths()
        guard paths.count == 1 else {
            throw .usage("unmount takes one view: `larder unmount VIEW`")
        }
        return .unmount(view: paths[0], lazy: lazy)
    }

    private mutating func status() throws(CommandError) -> Command {
        let json = try isGiven("--json", to: .status)
        let paths = try self.paths()
        guard paths.count <= 1 else {
            throw .usage("status takes one view, or none for all of them")
        }
        return .status(view: paths.first, json: json)
    }

    private mutating func list() throws(CommandError) -> Bool {
        let json = try isGiven("--json", to: .list)
        guard positional.isEmpty else {
            throw .usage("list takes no path; `larder status VIEW` tells of one view")
        }
        return json
    }

    private mutating func doctor() throws(CommandError) -> DoctorRequest {
        var request = DoctorRequest()
        var texts: [String] = []
        for option in try options(of: .doctor) {
            switch option.name {
            case "-o": texts.append(option.value)
            case "--measure": request.measure = true
            default: request.json = true
            }
        }
        let mount = try MountOptionParser.parse(texts)
        guard mount.source == nil else {
            throw .usage("doctor takes options, but no configuration file")
        }
        request.options = mount.configuration
        let paths = try self.paths()
        switch paths.count {
        case 0: request.subject = .everything
        case 1: request.subject = .view(paths[0])
        case 2: request.subject = .planned(share: paths[0], view: paths[1])
        default:
            throw .usage("doctor takes a share and a view, a view that is mounted, or nothing")
        }
        guard texts.isEmpty || paths.count == 2 else {
            throw .usage("-o is for a mount that is planned: `larder doctor SHARE VIEW -o OPTIONS`")
        }
        return request
    }

    private mutating func explain() throws(CommandError) -> Command {
        let json = try isGiven("--json", to: .explain)
        guard positional.count == 1, !positional[0].isEmpty else {
            throw .usage("explain takes one path inside a view: `larder explain PATH`")
        }
        return .explain(positional[0], json: json)
    }

    private mutating func top() throws(CommandError) -> TopRequest {
        var request = TopRequest()
        for option in try options(of: .top) {
            guard option.name == "--interval" else {
                request.once = true
                continue
            }
            guard let interval = Duration(parsing: option.value),
                TopRequest.intervals.contains(interval)
            else {
                throw .usage(
                    "--interval is a time from 100ms to 1h, such as 2s, not '\(option.value)'")
            }
            request.interval = interval
        }
        let paths = try self.paths()
        guard paths.count <= 1 else { throw .usage("top takes one view, or none for all of them") }
        request.view = paths.first
        return request
    }

    private mutating func record() throws(CommandError) -> RecordRequest {
        var output: String?
        var names = RecordRequest.Names.full
        var duration: Duration?
        for option in try options(of: .record) {
            let text = option.value
            switch option.name {
            case "--names":
                guard let known = RecordRequest.Names(rawValue: text) else {
                    throw .usage("--names is full, hashed or none, not '\(text)'")
                }
                names = known
            case "--duration":
                guard let time = Duration(parsing: text), time > .zero else {
                    throw .usage("--duration is a time such as 60s or 5m, not '\(text)'")
                }
                duration = time
            default:
                guard !text.isEmpty else { throw .usage("the trace needs a file; '-' is stdout") }
                output = text
            }
        }
        let paths = try self.paths()
        guard paths.count == 1, let output else {
            throw .usage(
                "record takes one view and a file for the trace:"
                    + " `larder record VIEW -o trace.csv`")
        }
        return RecordRequest(
            view: paths[0], output: output == "-" ? nil : output, names: names, duration: duration)
    }

    private mutating func evict() throws(CommandError) -> Command {
        _ = try options(of: .evict)
        guard !positional.isEmpty else {
            throw .usage("evict needs the paths to forget: `larder evict PATH…`")
        }
        return .evict(positional)
    }

    private mutating func pin() throws(CommandError) -> PinRequest {
        var request = PinRequest()
        for option in try options(of: .pin) {
            guard option.name == "--priority" else {
                request.json = true
                continue
            }
            guard let priority = PinPriority(rawValue: option.value) else {
                throw .usage("--priority is high, medium or low, not '\(option.value)'")
            }
            request.priority = priority
        }
        request.paths = positional
        guard !request.json || positional.isEmpty else {
            throw .usage("pin --json says what is pinned, and takes no path")
        }
        guard request.priority == nil || !positional.isEmpty else {
            throw .usage("--priority needs the paths to pin: `larder pin --priority high PATH…`")
        }
        return request
    }

    private mutating func unpin() throws(CommandError) -> Command {
        _ = try options(of: .unpin)
        guard !positional.isEmpty else {
            throw .usage("unpin needs the paths to give free: `larder unpin PATH…`")
        }
        return .unpin(positional)
    }

    private mutating func ls() throws(CommandError) -> LsRequest {
        var request = LsRequest(paths: [])
        for option in try options(of: .ls) {
            if option.name == "--json" { request.json = true } else { request.isRecursive = true }
        }
        request.paths = positional
        guard !positional.isEmpty else {
            throw .usage("ls needs a path inside a view: `larder ls PATH…`")
        }
        return request
    }

    private mutating func replay() throws(CommandError) -> ReplayRequest {
        var request = ReplayRequest()
        var cacheIsGiven = false
        var others: [String] = []
        for option in try options(of: .replay) {
            others.append(option.name)
            switch option.name {
            case "--json": request.json = true
            case "--correlations": request.correlations = true
            case "--household": request.household = true
            case "--forest": request.forest = true
            default: try request.set(option.name, option.value)
            }
            cacheIsGiven = cacheIsGiven || option.name == "--cache-percent"
        }
        guard request.correlations || !cacheIsGiven else {
            throw .usage("--cache-percent is for --correlations")
        }
        request.traces = try self.paths()
        let ofHousehold: Set = ["--household", "--seeds", "--seed", "--forest"]
        if request.household {
            guard request.traces.isEmpty else {
                throw .usage("--household replays no trace: `larder replay --household`")
            }
            if let other = others.first(where: { !ofHousehold.contains($0) }) {
                throw .usage("\(other) is not for --household")
            }
            return request
        }
        if let option = others.first(where: { ofHousehold.contains($0) }) {
            throw .usage("\(option) is for --household")
        }
        guard !request.traces.isEmpty else {
            throw .usage("replay needs a trace: `larder replay TRACE…`")
        }
        return request
    }

    private mutating func config() throws(CommandError) -> ConfigRequest {
        let json = try isGiven("--json", to: .config)
        let words = try self.paths()
        switch (words.first, words.count) {
        case ("check", 2) where !json: return .check(ConfigurationLocator.source(words[1]))
        case ("show", 2): return .show(words[1], json: json)
        default:
            throw .usage(
                "config checks a file, `larder config check FILE|NAME`, or shows what is in force,"
                    + " `larder config show VIEW|NAME [--json]`")
        }
    }

    private mutating func reload() throws(CommandError) -> Command {
        _ = try options(of: .reload)
        let paths = try self.paths()
        guard paths.count == 1 else {
            throw .usage(
                "reload takes one view, or the name of its configuration: `larder reload VIEW`")
        }
        return .reload(view: paths[0])
    }

    /// Of a command that takes a view, and nothing else.
    private mutating func oneView(of command: CommandName) throws(CommandError) -> String {
        _ = try options(of: command)
        let paths = try self.paths()
        guard paths.count == 1 else {
            throw .usage("\(command.rawValue) takes one view: `larder \(command.rawValue) VIEW`")
        }
        return paths[0]
    }

    // MARK: Words

    private struct Option {
        var name: String
        /// Behind `=`, or glued to a one-letter option that takes a value.
        var value: String?
    }

    /// An option that a command has, by its first name, with its value; "" for switches.
    struct GivenOption {
        var name: String
        var value: String
    }

    /// With what a background mount tells its second process where to report; nobody is told of it.
    private static let reportOption = "--report-to"

    /// All options; what is none becomes positional.
    mutating func options(of command: CommandName) throws(CommandError) -> [GivenOption] {
        let description = command.description
        var known = description.options
        let shown = description.optionNames
        if command == .mount { known.append(CommandOption(Self.reportOption, value: "DESCRIPTOR")) }
        var given: [GivenOption] = []
        while let option = try nextOption() {
            guard let found = known.first(where: { $0.names.contains(option.name) }) else {
                throw unknown(option.name, among: shown)
            }
            if found.value == nil {
                guard option.value == nil else {
                    throw .usage("'\(option.name)' takes no value")
                }
                given.append(GivenOption(name: found.name, value: ""))
            } else {
                given.append(GivenOption(name: found.name, value: try value(of: option)))
            }
        }
        return given
    }

    /// Whether the only option of a command is given, a switch.
    private mutating func isGiven(
        _ name: String, to command: CommandName
    ) throws(CommandError) -> Bool {
        try options(of: command).contains { $0.name == name }
    }

    private func unknown(_ name: String, among known: [String]) -> CommandError {
        let hint = Spelling.nearest(to: name, among: known)
        let expected =
            hint.map { "; did you mean '\($0)'?" }
            ?? (known.isEmpty ? "" : "; known: \(known.joined(separator: ", "))")
        return .usage("unknown option '\(name)'\(expected)")
    }

    /// What `larder` calls itself with.
    private mutating func ownArguments() throws(CommandError) -> [String] {
        if let option = try nextOption() { throw unknown(option.name, among: []) }
        return try paths()
    }

    /// The next option; what is not an option on the way to it becomes positional. nil at the end.
    private mutating func nextOption() throws(CommandError) -> Option? {
        while let bytes = rest.popFirst() {
            guard bytes.count > 1, bytes[0] == UInt8(ascii: "-") else {
                positional.append(bytes)
                continue
            }
            let word = try text(bytes)
            if word == "--" {
                positional += rest
                rest = []
                return nil
            }
            var option = Option(name: word)
            if word.hasPrefix("--"), let equals = word.firstIndex(of: "=") {
                option.name = String(word[..<equals])
                option.value = String(word[word.index(after: equals)...])
            } else if word.hasPrefix("-o"), word.count > 2 {
                option = Option(name: "-o", value: String(word.dropFirst(2)))
            }
            return option
        }
        return nil
    }

    private mutating func value(of option: Option) throws(CommandError) -> String {
        if let value = option.value { return value }
        guard let next = rest.popFirst() else { throw .usage("'\(option.name)' needs a value") }
        return try text(next)
    }

    private func text(_ bytes: [UInt8]) throws(CommandError) -> String {
        guard let text = String(validating: bytes, as: UTF8.self) else {
            let shown = String(decoding: bytes, as: UTF8.self)
            throw .usage("'\(shown)' is not UTF-8; name it through a symbolic link that is")
        }
        return text
    }

    func paths() throws(CommandError) -> [String] {
        var paths: [String] = []
        for word in positional { paths.append(try text(word)) }
        for path in paths where path.isEmpty { throw .usage("a path is empty") }
        return paths
    }
}
