import Model
public import Platform

/// Where running mounts leave their sockets and registry entries: one directory per user, closed to
/// others.
///
/// `/run/larder` for root, `$XDG_RUNTIME_DIR/larder` for others, `/tmp/larder-UID` where there is
/// none; `LARDER_RUNTIME_DIR` overrides (containers, tests).
public struct RuntimeDirectory: Hashable, Sendable {
    public static let overrideVariable = "LARDER_RUNTIME_DIR"

    public var path: String
    /// The only user who may own it.
    public var owner: UInt32

    public init(path: String, owner: UInt32) {
        self.path = path
        self.owner = owner
    }

    /// Ours.
    public static func own(
        userID: UInt32 = Environment.userID,
        variable: (String) -> String? = Environment.variable
    ) -> RuntimeDirectory {
        if let path = variable(overrideVariable) {
            return RuntimeDirectory(path: path, owner: userID)
        }
        if userID == 0 { return RuntimeDirectory(path: "/run/larder", owner: 0) }
        if let runtime = variable("XDG_RUNTIME_DIR"), runtime.hasPrefix("/") {
            return RuntimeDirectory(path: "\(runtime)/larder", owner: userID)
        }
        return RuntimeDirectory(path: "/tmp/larder-\(userID)", owner: userID)
    }

    /// Where `owner`'s daemon may have put its socket, for a client that is the owner or root.
    public static func candidates(
        owner: UInt32, userID: UInt32 = Environment.userID,
        variable: (String) -> String? = Environment.variable
    ) -> [RuntimeDirectory] {
        var found = [own(userID: userID, variable: variable)]
        guard owner != userID else { return found }
        // Another user's environment is not known; systemd's place for it is.
        found.append(RuntimeDirectory(path: "/run/user/\(owner)/larder", owner: owner))
        found.append(RuntimeDirectory(path: "/tmp/larder-\(owner)", owner: owner))
        return found
    }

    /// All that we may look into: ours, and for root everybody's.
    ///
    /// - Parameters:
    ///   - users: where systemd keeps a directory per user, named by the user's number.
    ///   - shared: where directories of users without one of those are.
    public static func all(
        userID: UInt32 = Environment.userID,
        variable: (String) -> String? = Environment.variable,
        users: String = "/run/user", shared: String = "/tmp"
    ) -> [RuntimeDirectory] {
        var found = [own(userID: userID, variable: variable)]
        guard userID == 0 else { return found }
        let usual = own(userID: userID, variable: { _ in nil })
        if !found.contains(usual) { found.append(usual) }
        for name in names(users) {
            guard let owner = UInt32(name) else { continue }
            found.append(RuntimeDirectory(path: "\(users)/\(name)/larder", owner: owner))
        }
        let prefix = "larder-"
        for name in names(shared) where name.hasPrefix(prefix) {
            guard let owner = UInt32(name.dropFirst(prefix.count)) else { continue }
            found.append(RuntimeDirectory(path: "\(shared)/\(name)", owner: owner))
        }
        return Array(found.prefix(directoriesMax))
    }

    private static let directoriesMax = 256

    private static func names(_ directory: String) -> [String] {
        do throws(Errno) {
            var reader = DirectoryReader(try FileCalls.open(directory, .directory))
            var names: [String] = []
            while let batch = try reader.next() { names += batch.map(\.name.description) }
            return names.sorted()
        } catch {
            return []
        }
    }

    /// Opens the directory, making it when it is missing.
    ///
    /// In `/tmp` somebody else may have made it first: what is not a directory, belongs to somebody
    /// else, or is a symbolic link is refused. A mode wider than 0700 is narrowed.
    public func prepare() throws(ControlError) -> DescriptorReference {
        do {
            try FileCalls.makeDirectory(
                at: FileCalls.workingDirectory, Array(path.utf8), mode: 0o700)
        } catch .exists {
        } catch {
            throw .runtimeDirectory(path: path, reason: "cannot be made", error)
        }
        let directory = try openChecked()
        let attributes = Result { () throws(Errno) in
            try FileCalls.attributes(of: directory.rawValue)
        }
        if case .success(let known) = attributes, known.mode & 0o077 != 0 {
            do {
                try FileCalls.setMode(of: directory.rawValue, 0o700)
            } catch {
                throw .runtimeDirectory(path: path, reason: "is open to others", error)
            }
        }
        return directory
    }

    /// Opens the directory if it is there and belongs to ``owner``.
    public func open() throws(ControlError) -> DescriptorReference? {
        do {
            return try openChecked()
        } catch ControlError.runtimeDirectory(_, _, .noSuchFile) {
            return nil
        }
    }

    private func openChecked() throws(ControlError) -> DescriptorReference {
        let attributes: FileAttributes
        let directory: DescriptorReference
        do throws(Errno) {
            directory = DescriptorReference(try FileCalls.open(path, [.directory, .noFollow]))
            attributes = try FileCalls.attributes(of: directory.rawValue)
        } catch {
            throw .runtimeDirectory(path: path, reason: "cannot be opened", error)
        }
        guard attributes.userID == owner else {
            throw .runtimeDirectory(
                path: path, reason: "belongs to user \(attributes.userID), not \(owner)",
                .notPermitted)
        }
        return directory
    }
}
