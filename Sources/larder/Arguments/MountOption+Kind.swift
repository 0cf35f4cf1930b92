import Model

extension MountOption {
    typealias Field<Value> = any WritableKeyPath<MountConfiguration, Value> & Sendable

    /// How an option's text becomes a part of the configuration, and back.
    enum Kind: Sendable {
        case path(Field<String>)
        case flag(Field<Bool>)
        case size(Field<ByteCount>, min: ByteCount, orZero: Bool)
        case time(Field<Duration>, ClosedRange<Duration>)
        case count(Field<Int>, ClosedRange<Int>)
        case choice(Field<ChoiceName>)
        case rates(Field<BandwidthSchedule>)
        case quietHours(Field<QuietHours?>)
        /// As ``PatternList`` writes them.
        case patterns(Field<[ContentPattern]>)
        case chunkSize(Field<ByteCount>)
        case probability(Field<Double?>)
        /// - letter: `id LETTER NAME` tells the number of a name.
        case identity(Field<UInt32?>, letter: String)
        case octal(Field<UInt32?>)
        /// A flag that goes to the kernel by the option's name, or its opposite's.
        case kernel
        /// Names the file in which the others are.
        case configurationFile
    }

    /// What completions offer behind `=`; nil for a switch.
    var takes: CommandOption.Values? {
        switch kind {
        case .path: value == "DIR" ? .directory : .file
        case .flag, .kernel: nil
        case .size, .chunkSize: .text("size")
        case .time: .text("time")
        case .count, .identity, .probability: .text("number")
        case .choice(let field): .words(Self.defaults[keyPath: field].words)
        case .rates: .text("rules")
        case .quietHours: .text("hours")
        case .patterns: .text("patterns")
        case .octal: .text("octal")
        case .configurationFile: .file
        }
    }

    /// One of a few words.
    struct ChoiceName: Hashable, Sendable {
        var word: String
        var words: [String]
    }

    /// A value that an option cannot have.
    struct Refusal: Error, Hashable {
        var message: String
    }

    /// Takes a value in. Rules of bandwidth are added to those that are there.
    ///
    /// - Parameter text: as on the command line; `true` or `false` for switches.
    func apply(
        _ text: String, to configuration: inout MountConfiguration
    ) throws(Refusal) {
        switch kind {
        case .path(let field):
            guard !text.isEmpty else { throw impossible(text, "a path") }
            configuration[keyPath: field] = text
        case .flag(let field): configuration[keyPath: field] = text == "true"
        case .size(let field, let least, let orZero):
            guard let size = ByteCount(parsing: text), size >= least || (orZero && size.bytes == 0)
            else {
                throw impossible(
                    text,
                    "a size of at least \(least)\(orZero ? ", or 0 for none" : ""),"
                        + " like 512M or 5GiB")
            }
            configuration[keyPath: field] = size
        case .time(let field, let range):
            guard let time = Duration(parsing: text), range.contains(time) else {
                throw impossible(
                    text,
                    "a time from \(range.lowerBound.text) to \(range.upperBound.text),"
                        + " like 500ms, 30s or 5m")
            }
            configuration[keyPath: field] = time
        case .count(let field, let range):
            guard let count = Int(text), range.contains(count) else {
                throw impossible(
                    text, "a number from \(range.lowerBound) to \(range.upperBound)")
            }
            configuration[keyPath: field] = count
        case .choice(let field):
            configuration[keyPath: field].word = try oneOf(
                configuration[keyPath: field].words, text)
        case .rates(let field):
            do {
                try configuration[keyPath: field].append(parsing: text)
            } catch {
                throw impossible(
                    text,
                    "a rate, alone or for some hours, like 20MB/s, 08:00-18:00=5MB/s or"
                        + " '08:00=5MB/s;18:00=off', but \(error.problem)")
            }
        case .quietHours(let field): configuration[keyPath: field] = try quietHours(text)
        case .patterns(let field): configuration[keyPath: field] = try patterns(text)
        case .chunkSize(let field): configuration[keyPath: field] = try chunkSize(text)
        case .probability(let field): configuration[keyPath: field] = try probability(text)
        case .identity(let field, let letter):
            // 2³²−1 means "nobody in particular" to the kernel.
            guard let number = UInt32(text), number != .max else {
                throw impossible(text, "a number like 1000; `id \(letter) NAME` says which")
            }
            configuration[keyPath: field] = number
        case .octal(let field): configuration[keyPath: field] = try octal(text)
        case .kernel: setForKernel(text == "true", in: &configuration)
        case .configurationFile: break
        }
    }

    private func oneOf(_ words: [String], _ text: String) throws(Refusal) -> String {
        guard words.contains(text) else {
            let hint = Spelling.nearest(to: text, among: words).map { "; did you mean '\($0)'?" }
            throw impossible(text, words.joined(separator: " or ") + (hint ?? ""))
        }
        return text
    }

    private func octal(_ text: String) throws(Refusal) -> UInt32 {
        guard let mask = UInt32(text, radix: 8), mask <= 0o777 else {
            throw impossible(text, "an octal number up to 777, like 022 or 077")
        }
        return mask
    }

    private func quietHours(_ text: String) throws(Refusal) -> QuietHours {
        guard let hours = QuietHours(text) else {
            throw impossible(text, "hours of a day, like 23:00-07:00")
        }
        return hours
    }

    private func patterns(_ text: String) throws(Refusal) -> [ContentPattern] {
        let texts = PatternList.patterns(text)
        guard texts.count <= ContentRules.patternsMax else {
            throw Refusal(
                message: "\(plainName) has \(texts.count) patterns: expected"
                    + " \(ContentRules.patternsMax) at most")
        }
        var patterns: [ContentPattern] = []
        for text in texts {
            do {
                patterns.append(try ContentPattern(text))
            } catch {
                throw impossible(text, error.expected)
            }
        }
        return patterns
    }

    private func chunkSize(_ text: String) throws(Refusal) -> ByteCount {
        let possible = ChunkGeometry.chunkSizeMin...ChunkGeometry.chunkSizeMax
        guard let size = ByteCount(parsing: text), let bytes = Int(exactly: size.bytes),
            possible.contains(bytes), bytes.nonzeroBitCount == 1
        else {
            throw impossible(
                text,
                "a power of two from \(ByteCount(Int64(possible.lowerBound)).exactText) to"
                    + " \(ByteCount(Int64(possible.upperBound)).exactText), like 64K or 1M")
        }
        return size
    }

    private func probability(_ text: String) throws(Refusal) -> Double {
        guard let number = Double(text), (0...1).contains(number) else {
            throw impossible(text, "a number from 0 to 1, like 0.75")
        }
        return number
    }

    private func setForKernel(_ isOn: Bool, in configuration: inout MountConfiguration) {
        let opposite = Self.opposite(name)
        configuration.kernelOptions.removeAll { $0 == name || $0 == opposite }
        // Said, not left out: libfuse has defaults of its own (nosuid, nodev).
        let word = isOn ? name : opposite
        if Self.kernel.contains(word) { configuration.kernelOptions.append(word) }
    }

    /// What a configuration says, as ``apply(_:to:)`` reads it; nil where it says nothing.
    func text(in configuration: MountConfiguration) -> String? {
        let text: String
        switch kind {
        case .path(let field): text = configuration[keyPath: field]
        case .flag(let field): text = "\(configuration[keyPath: field])"
        case .size(let field, _, _): text = configuration[keyPath: field].exactText
        case .time(let field, _): text = configuration[keyPath: field].text
        case .count(let field, _): text = "\(configuration[keyPath: field])"
        case .choice(let field): text = configuration[keyPath: field].word
        case .rates(let field): text = configuration[keyPath: field].text
        case .quietHours(let field):
            text = configuration[keyPath: field].map { "\($0)" } ?? ""
        case .patterns(let field):
            text = PatternList.text(configuration[keyPath: field].map(\.text))
        case .chunkSize(let field): text = configuration[keyPath: field].exactText
        case .probability(let field): text = configuration[keyPath: field].map { "\($0)" } ?? ""
        case .identity(let field, _): text = configuration[keyPath: field].map { "\($0)" } ?? ""
        case .octal(let field):
            let digits = configuration[keyPath: field].map { String($0, radix: 8) } ?? ""
            text = digits.isEmpty ? "" : String(repeating: "0", count: 3 - digits.count) + digits
        case .kernel: text = "\(configuration.kernelOptions.contains(name))"
        case .configurationFile: text = ""
        }
        return text.isEmpty ? nil : text
    }

    /// Takes over what another configuration says.
    func copy(from source: MountConfiguration, to configuration: inout MountConfiguration) {
        switch kind {
        case .path(let field): configuration[keyPath: field] = source[keyPath: field]
        case .flag(let field): configuration[keyPath: field] = source[keyPath: field]
        case .size(let field, _, _): configuration[keyPath: field] = source[keyPath: field]
        case .time(let field, _): configuration[keyPath: field] = source[keyPath: field]
        case .count(let field, _): configuration[keyPath: field] = source[keyPath: field]
        case .choice(let field): configuration[keyPath: field] = source[keyPath: field]
        case .rates(let field): configuration[keyPath: field] = source[keyPath: field]
        case .quietHours(let field): configuration[keyPath: field] = source[keyPath: field]
        case .patterns(let field): configuration[keyPath: field] = source[keyPath: field]
        case .chunkSize(let field): configuration[keyPath: field] = source[keyPath: field]
        case .probability(let field): configuration[keyPath: field] = source[keyPath: field]
        case .identity(let field, _): configuration[keyPath: field] = source[keyPath: field]
        case .octal(let field): configuration[keyPath: field] = source[keyPath: field]
        case .kernel: configuration.kernelOptions = source.kernelOptions
        case .configurationFile: break
        }
    }

    private func impossible(_ text: String, _ expected: String) -> Refusal {
        Refusal(message: "\(plainName)=\(text) is not possible: expected \(expected)")
    }

    /// `nosuid` for `suid` and the other way round.
    static func opposite(_ name: String) -> String {
        switch name {
        case "sync": "async"
        case "async": "sync"
        default: name.hasPrefix("no") ? String(name.dropFirst(2)) : "no" + name
        }
    }
}

/// Choices as words, for ``MountOption/Kind/choice(_:)``. Only words that are among the choice's get here.
extension MountConfiguration {
    fileprivate typealias ChoiceName = MountOption.ChoiceName

    var strategyName: MountOption.ChoiceName {
        get {
            ChoiceName(
                word: strategy?.rawValue ?? "auto",
                words: ["auto"] + PrefetchStrategy.allCases.map(\.rawValue))
        }
        set { strategy = PrefetchStrategy(rawValue: newValue.word) }
    }

    var consistencyName: MountOption.ChoiceName {
        get {
            ChoiceName(
                word: consistency.rawValue, words: Consistency.allCases.map(\.rawValue))
        }
        set { consistency = Consistency(rawValue: newValue.word) ?? consistency }
    }

    var diskEvictionName: MountOption.ChoiceName {
        get { diskEviction.choice }
        set { diskEviction = EvictionRule(rawValue: newValue.word) ?? diskEviction }
    }

    var storageEvictionName: MountOption.ChoiceName {
        get { storageEviction.choice }
        set { storageEviction = EvictionRule(rawValue: newValue.word) ?? storageEviction }
    }

    var offlineName: MountOption.ChoiceName {
        get {
            ChoiceName(word: offline.rawValue, words: OfflineMode.allCases.map(\.rawValue))
        }
        set { offline = OfflineMode(rawValue: newValue.word) ?? offline }
    }

    var catalogueName: MountOption.ChoiceName {
        get {
            ChoiceName(
                word: catalogue.rawValue, words: CatalogueMode.allCases.map(\.rawValue))
        }
        set { catalogue = CatalogueMode(rawValue: newValue.word) ?? catalogue }
    }

    var verbosityName: MountOption.ChoiceName {
        get {
            ChoiceName(word: verbosity.rawValue, words: Verbosity.allCases.map(\.rawValue))
        }
        set { verbosity = Verbosity(rawValue: newValue.word) ?? verbosity }
    }
}

extension EvictionRule {
    fileprivate var choice: MountOption.ChoiceName {
        MountOption.ChoiceName(word: rawValue, words: Self.allCases.map(\.rawValue))
    }
}
