import Model
public import Platform

import FoundationEssentials

/// The running mounts of one user: `ID.json` (the entry) and `ID.sock` (the control socket) per
/// view, where ID is made from the canonical mountpoint.
///
/// A daemon holds a lock (`flock(2)`) on its entry for as long as it lives, so that an entry left
/// by a crash is recognised without trusting process ids: its lock can be taken.
public struct MountRegistry: Sendable {
    /// Entries listed at most; more are left out.
    public static let entriesMax = 1024
    static let entryBytesMax = 64 << 10

    public let directory: DescriptorReference

    /// - Parameter directory: from ``RuntimeDirectory``.
    public init(_ directory: DescriptorReference) {
        self.directory = directory
    }

    /// 16 hexadecimal digits that stand for a canonical mountpoint.
    public static func identifier(ofView path: [UInt8]) -> String {
        String(MessageDigest.sha256(path).hexadecimal.prefix(16))
    }

    public static func socketName(ofView path: [UInt8]) -> String {
        identifier(ofView: path) + ".sock"
    }

    /// Registers a mount; it stays registered until the claim is released or the process ends.
    public func claim(_ entry: RegistryEntry) throws(ControlError) -> RegistryClaim {
        let name = Self.identifier(ofView: Array(entry.view.utf8)) + ".json"
        do throws(Errno) {
            let file = DescriptorReference(
                try FileCalls.open(
                    at: directory.rawValue, Array(name.utf8),
                    [.readWrite, .create, .noFollow, .nonBlocking], mode: 0o600))
            guard try FileLock.tryExclusive(file.rawValue), isNamed(file.rawValue, name) else {
                throw Errno.busy
            }
            let text = try encoded(entry)
            try FileCalls.setSize(of: file.rawValue, 0)
            try FileContents.write(file.rawValue, text)
            return RegistryClaim(directory: directory, name: name, file: file)
        } catch {
            throw error == .busy ? .claimed(self.entry(named: name)) : .registry(name, error)
        }
    }

    /// The running mounts, by view. Entries whose daemon has gone are removed on the way.
    public func entries() -> [RegistryEntry] {
        var found: [RegistryEntry] = []
        for name in names() where found.count < Self.entriesMax {
            if isHeld(name), let entry = entry(named: name) { found.append(entry) }
        }
        return found.sorted { $0.view < $1.view }
    }

    /// nil when no daemon runs for this view.
    public func entry(forView path: [UInt8]) -> RegistryEntry? {
        let name = Self.identifier(ofView: path) + ".json"
        return isHeld(name) ? entry(named: name) : nil
    }

    /// Whether a daemon holds the entry of this view; one that it left behind is removed.
    public func isRunning(view path: [UInt8]) -> Bool {
        isHeld(Self.identifier(ofView: path) + ".json")
    }

    private func names() -> [String] {
        do throws(Errno) {
            var reader = DirectoryReader(
                try FileCalls.open(at: directory.rawValue, Array(".".utf8), .directory))
            var names: [String] = []
            while names.count < Self.entriesMax, let batch = try reader.next() {
                names += batch.map(\.name.description).filter { $0.hasSuffix(".json") }
            }
            return names.sorted()
        } catch {
            return []
        }
    }

    private func entry(named name: String) -> RegistryEntry? {
        do {
            let file = try FileCalls.open(
                at: directory.rawValue, Array(name.utf8), [.readOnly, .noFollow, .nonBlocking])
            let text = try FileContents.read(file.rawValue, bytesMax: Self.entryBytesMax)
            return try JSONDecoder().decode(RegistryEntry.self, from: Data(text))
        } catch {
            return nil
        }
    }

    private func isHeld(_ name: String) -> Bool {
        do throws(Errno) {
            let file = try FileCalls.open(
                at: directory.rawValue, Array(name.utf8), [.readOnly, .noFollow, .nonBlocking])
            guard try FileLock.tryExclusive(file.rawValue) else { return true }
            // Only what we have locked is removed: a daemon that claims the name now sees a file
            // that is no longer the named one, and says so.
            if isNamed(file.rawValue, name) { RegistryClaim.remove(directory, name) }
            return false
        } catch {
            return false
        }
    }

    private func isNamed(_ file: Int32, _ name: String) -> Bool {
        do throws(Errno) {
            let opened = try FileCalls.attributes(of: file)
            let named = try FileCalls.attributes(at: directory.rawValue, Name(name))
            return opened.inode == named.inode && opened.device == named.device
        } catch {
            return false
        }
    }

    private func encoded(_ entry: RegistryEntry) throws(Errno) -> [UInt8] {
        do {
            return Array(try WireFormat.encode(entry))
        } catch {
            throw .invalid
        }
    }
}
