import Model
import Platform

/// Which file holds the configuration that somebody names.
struct ConfigurationLocator: Sendable {
    /// As it was named.
    enum Source: Hashable, Sendable {
        case file(String)
        /// Of `NAME.toml` in one of the usual places.
        case name(String)
    }

    /// nil: nobody knows where this user's files are.
    var userDirectory: String?
    var systemDirectory = "/etc/larder"
    var exists: @Sendable (String) -> Bool

    static func current() -> ConfigurationLocator {
        ConfigurationLocator(
            userDirectory: userDirectory(Environment.variable),
            exists: { path in
                // A file that is there and may not be looked at is an error when it is read, not a reason to take
                // another one.
                do throws(Errno) {
                    _ = try FileCalls.attributes(ofPath: path)
                    return true
                } catch {
                    return error != .noSuchFile && error != .notDirectory
                }
            })
    }

    /// As the XDG base directory specification says.
    static func userDirectory(_ variable: (String) -> String?) -> String? {
        if let config = variable("XDG_CONFIG_HOME"), config.hasPrefix("/") {
            return "\(config)/larder"
        }
        if let home = variable("HOME"), home.hasPrefix("/") { return "\(home)/.config/larder" }
        return nil
    }

    /// A bare word is a name; what has a slash or ends like a file is one.
    static func source(_ word: String) -> Source {
        isName(word) ? .name(word) : .file(word)
    }

    static func isName(_ word: String) -> Bool {
        !word.isEmpty && !word.contains("/") && !word.hasPrefix(".") && !word.hasSuffix(".toml")
    }

    /// The user's own file wins over the system's.
    ///
    /// - Returns: an absolute path.
    func path(of source: Source) throws(CommandError) -> String {
        switch source {
        case .file(let path):
            do {
                return RealPath.lexical(path, from: try RealPath.workingDirectory())
            } catch {
                throw .failure(
                    "the working directory is gone (\(error.message)): change to another")
            }
        case .name(let name):
            let candidates = [userDirectory, systemDirectory].compactMap { $0 }
                .map { "\($0)/\(name).toml" }
            if let found = candidates.first(where: exists) { return found }
            throw .failure(
                "there is no configuration '\(name)': looked for \(candidates.joined(separator: " and "));"
                    + " a file elsewhere is named by its path, and a directory is mounted with"
                    + " `larder mount SHARE VIEW`")
        }
    }
}
