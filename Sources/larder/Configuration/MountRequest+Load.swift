import Model

extension MountRequest {
    /// Lays the command line over what is there already.
    ///
    /// - Parameter file: below the command line.
    mutating func settle(over file: ConfigurationFile? = nil) throws(CommandError) {
        do {
            layers = try LayeredConfiguration(
                Self.settings(over: file, commandLine: commandLine, paths: paths))
        } catch {
            throw error.commandError
        }
    }

    /// Reads the file that was named, if one was.
    func loaded(_ locator: ConfigurationLocator = .current()) throws(CommandError) -> MountRequest {
        guard let source else { return self }
        var loaded = self
        let path = try locator.path(of: source)
        try loaded.settle(over: try ConfigurationFile.read(path))
        loaded.file = path
        for name in ["share", "view"] {
            guard let option = MountOption.named(name), option.text(in: loaded.configuration) == nil
            else { continue }
            throw .usage(
                "\(path):1:1: there is no \(name): expected \(name) = \"/some/directory\" in front"
                    + " of the sections, or `larder mount SHARE VIEW --config \(path)`")
        }
        return loaded
    }

    /// Everything that was said, what wins at the end.
    static func settings(
        over file: ConfigurationFile?, commandLine: [OptionSetting], paths: [String]
    ) -> [OptionSetting] {
        let named = zip(["share", "view"], paths).compactMap { name, path in
            MountOption.named(name).map {
                OptionSetting(option: $0, text: path, origin: .commandLine)
            }
        }
        return (file?.settings ?? []) + commandLine + named
    }
}
