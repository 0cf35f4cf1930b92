import Model

/// A configuration with what it was made from: defaults, below the file, below the command line. Pure.
struct LayeredConfiguration: Hashable, Sendable {
    private(set) var configuration: MountConfiguration
    /// By option; what is not in here is as usual.
    private var origins: [MountOption: SettingOrigin] = [:]

    /// What is usual.
    init() {
        configuration = MountOption.defaults
    }

    /// - Parameter settings: each wins over those before it, and each has a value that is possible for itself.
    init(_ settings: [OptionSetting]) throws(ConfigurationRefusal) {
        self.init()
        for setting in settings { try take(setting) }
        try settle()
    }

    func origin(of option: MountOption) -> SettingOrigin { origins[option] ?? .usual }

    /// Makes an option what it was before, origin and all.
    mutating func takeBack(_ option: MountOption, from before: LayeredConfiguration) {
        option.copy(from: before.configuration, to: &configuration)
        origins[option] = before.origins[option]
    }

    private func origin(of name: String) -> SettingOrigin {
        MountOption.named(name).map(origin) ?? .usual
    }

    private mutating func take(_ setting: OptionSetting) throws(ConfigurationRefusal) {
        if case .rates(let field) = setting.option.kind,
            origin(of: setting.option).yields(to: setting.origin)
        {
            // Rules add up in one place; the command line's replace the file's.
            configuration[keyPath: field] = BandwidthSchedule()
        }
        do {
            try setting.option.apply(setting.text, to: &configuration)
        } catch {
            throw ConfigurationRefusal(setting.origin, error.message)
        }
        origins[setting.option] = setting.origin
    }

    /// What only shows when all options are known. A contradiction is refused where one place says both; else what
    /// yields is made to fit.
    private mutating func settle() throws(ConfigurationRefusal) {
        try refuseDoublePatterns()
        if configuration.readaheadLimit.bytes > configuration.memoryLimit.bytes / 2 {
            throw ConfigurationRefusal(
                origin(of: "readahead") == .usual ? origin(of: "memory") : origin(of: "readahead"),
                "readahead=\(configuration.readaheadLimit) does not fit: expected at most half of"
                    + " memory=\(configuration.memoryLimit)")
        }
        let propagation = origin(of: "propagation")
        switch configuration.consistency {
        case .strict:
            if configuration.propagationDelay > .zero, propagation != .usual,
                !propagation.yields(to: origin(of: "consistency"))
            {
                throw ConfigurationRefusal(
                    propagation,
                    "propagation=\(configuration.propagationDelay.text) contradicts"
                        + " consistency=strict, which asks the share each time:"
                        + " leave one of them out")
            }
            configuration.propagationDelay = .zero
        case .eventual where configuration.propagationDelay > configuration.namespaceTTL:
            guard propagation == .usual || propagation.yields(to: origin(of: "ttl")) else {
                throw ConfigurationRefusal(
                    propagation,
                    "propagation=\(configuration.propagationDelay.text) is longer than"
                        + " ttl=\(configuration.namespaceTTL.text): expected it to be at most that")
            }
            configuration.propagationDelay = configuration.namespaceTTL
        case .eventual: break
        }
    }

    /// A pattern says one thing.
    private func refuseDoublePatterns() throws(ConfigurationRefusal) {
        var places: [String: MountOption] = [:]
        for option in MountOption.settings {
            guard case .patterns(let field) = option.kind else { continue }
            for pattern in configuration[keyPath: field] {
                let text = pattern.text.lowercased()
                if let other = places[text], other != option {
                    throw ConfigurationRefusal(
                        origin(of: option),
                        "\(option.plainName) has the pattern \(pattern.text), and \(other.plainName)"
                            + " has it too: expected it in one of them")
                }
                places[text] = option
            }
        }
    }
}
