import Model

/// What was asked for on the command line. Pure.
enum Arguments: Hashable, Sendable {
    case help, version
    case serve(ServeOptions)
    /// - Parameter control: the socket, where it is not at its usual place.
    case control(mountpoint: String, words: [String], control: String?)

    /// What a share can be started with.
    enum Option: String, CaseIterable {
        case help = "--help"
        case shortHelp = "-h"
        case version = "--version"
        case roundTrip = "--round-trip"
        case bandwidth = "--bandwidth"
        case attributeTimeout = "--attribute-timeout"
        case entryTimeout = "--entry-timeout"
        case negativeTimeout = "--negative-timeout"
        case clockBehind = "--clock-behind"
        case timeStep = "--time-step"
        case sillyRename = "--silly-rename"
        case lateReleases = "--late-releases"
        case shareModes = "--share-modes"
        case stampAtClose = "--stamp-at-close"
        case squash = "--squash"
        case ignoreCase = "--ignore-case"
        case numberNames = "--number-names"
        case control = "--control"
        case background = "--background"
        case mountOptions = "-o"
        /// How the process in the background is started: see ``Background``.
        case readyDescriptor = "--ready-descriptor"
    }

    /// Something that cannot be meant. `description` says what and what was expected.
    struct Mistake: Error, Hashable, CustomStringConvertible {
        var description: String
    }

    /// - Parameter words: without the program's name.
    init(_ words: [String]) throws(Mistake) {
        if words.first == "ctl" {
            self = try Self.control(words.dropFirst())
            return
        }
        var options = ServeOptions()
        var places: [String] = []
        var rest = words[...]
        while let word = rest.popFirst() {
            guard word.hasPrefix("-"), word != "-" else {
                places.append(word)
                continue
            }
            if word == "--" {
                places += rest
                break
            }
            let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let name = word.hasPrefix("--") ? String(parts[0]) : word
            var attached = word.hasPrefix("--") && parts.count > 1 ? String(parts[1]) : nil
            // Takes the option's value: behind `=`, or the next word.
            func value() throws(Mistake) -> String {
                defer { attached = nil }
                if let found = attached ?? rest.popFirst() { return found }
                throw Mistake(description: "\(name) needs a value")
            }
            guard let option = Option(rawValue: name) else {
                throw Mistake(description: "unknown option \(name)")
            }
            switch option {
            case .help, .shortHelp:
                self = .help
                return
            case .version:
                self = .version
                return
            default: try options.set(option, name, value)
            }
            if attached != nil { throw Mistake(description: "\(name) takes no value") }
        }
        guard places.count == 2 else {
            throw Mistake(
                description: places.count < 2
                    ? "a directory to serve and a mountpoint are needed"
                    : "\(places[2]): only a directory to serve and a mountpoint are expected")
        }
        options.directory = places[0]
        options.mountpoint = places[1]
        self = .serve(options)
    }

    private static func control(_ words: ArraySlice<String>) throws(Mistake) -> Arguments {
        var rest = words
        var socket: String?
        if rest.first == "--help" || rest.first == "-h" { return .help }
        if rest.first == "--control" {
            rest = rest.dropFirst()
            guard let path = rest.popFirst() else {
                throw Mistake(description: "--control needs a value")
            }
            socket = path
        }
        guard let mountpoint = rest.popFirst(), !rest.isEmpty else {
            throw Mistake(description: "ctl needs a mountpoint and a command")
        }
        return .control(mountpoint: mountpoint, words: Array(rest), control: socket)
    }

    /// `65534:65534`.
    fileprivate static func squash(
        _ text: String, _ option: String
    ) throws(Mistake) -> ProtocolTraits.Squash {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false).map { UInt32($0) }
        guard parts.count == 2, let user = parts[0], let group = parts[1], user != .max,
            group != .max
        else {
            throw Mistake(
                description:
                    "\(option): '\(text)' is no user; expected UID:GID like 65534:65534")
        }
        return ProtocolTraits.Squash(userID: user, groupID: group)
    }

    /// `8ms`, `250us`, `1.5s`, `2` (seconds).
    static func duration(_ text: String, _ option: String) throws(Mistake) -> Duration {
        let number = text.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
        let scales = ["ns": 1e-9, "us": 1e-6, "ms": 1e-3, "s": 1, "": 1]
        guard let value = Double(number), let scale = scales[String(text.dropFirst(number.count))],
            value * scale <= 3600
        else {
            throw Mistake(
                description: "\(option): '\(text)' is no time; expected something like 8ms or 1.5s")
        }
        return .seconds(value * scale)
    }

    /// `100MB/s`, `12MiB`, `unlimited`.
    ///
    /// - Returns: bytes per second; nil is without bound.
    static func bandwidth(_ text: String, _ option: String) throws(Mistake) -> Double? {
        if text == "unlimited" { return nil }
        let size = text.hasSuffix("/s") ? String(text.dropLast(2)) : text
        guard let bytes = ByteCount(parsing: size)?.bytes, bytes > 0 else {
            throw Mistake(
                description:
                    "\(option): '\(text)' is no bandwidth; expected something like 100MB/s or unlimited"
            )
        }
        return Double(bytes)
    }
}

extension Duration {
    fileprivate var seconds: Double {
        Double(components.seconds) + Double(components.attoseconds) * 1e-18
    }
}

extension ServeOptions {
    /// - Parameter value: takes the option's value.
    fileprivate mutating func set(
        _ option: Arguments.Option, _ name: String,
        _ value: () throws(Arguments.Mistake) -> String
    ) throws(Arguments.Mistake) {
        switch option {
        case .roundTrip: roundTrip = try Arguments.duration(try value(), name)
        case .bandwidth: bandwidth = try Arguments.bandwidth(try value(), name)
        case .attributeTimeout:
            timeouts.attribute = try Arguments.duration(try value(), name).seconds
        case .entryTimeout:
            timeouts.entry = try Arguments.duration(try value(), name).seconds
        case .negativeTimeout:
            timeouts.negative = try Arguments.duration(try value(), name).seconds
        case .clockBehind: clock.behind = try Arguments.duration(try value(), name)
        case .timeStep: clock.step = try Arguments.duration(try value(), name)
        case .sillyRename: traits.renamesOpenFiles = true
        case .lateReleases:
            traits.renamesOpenFiles = true
            traits.noticesReleasesLate = true
        case .shareModes: traits.refusesOpenFiles = true
        case .stampAtClose: traits.stampsAtClose = true
        case .squash: traits.squash = try Arguments.squash(try value(), name)
        case .ignoreCase: traits.ignoresCase = true
        case .numberNames: traits.numbersNames = true
        case .control: control = try value()
        case .background: isBackground = true
        case .readyDescriptor: readyDescriptor = Int32(try value())
        case .mountOptions: mountOptions.append(try value())
        case .help, .shortHelp, .version: break
        }
    }
}
