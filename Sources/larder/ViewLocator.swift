import Control
import Glibc
import Model
import Platform

/// From what people type to the view that is meant.
struct ViewLocator: Sendable {
    struct View: Hashable, Sendable {
        /// Canonical mountpoint.
        var mountPoint: [UInt8]
        var source: String
        var owner: UInt32

        init(_ entry: MountTable.Entry) {
            mountPoint = entry.mountPoint
            source = entry.source
            owner = entry.fuseOwner ?? 0
        }

        var path: String { String(decoding: mountPoint, as: UTF8.self) }
    }

    /// How long it may take to follow the links of a path that does not lead to a view by itself.
    static let resolvingTime = Duration.seconds(1)
    /// Symbolic links on one way at most, as path_resolution(7) has it.
    private static let linksMax = 40

    let table: MountTable
    let workingDirectory: [UInt8]

    init(table: MountTable, workingDirectory: [UInt8]) {
        self.table = table
        self.workingDirectory = workingDirectory
    }

    static func current() throws(CommandError) -> ViewLocator {
        do throws(Errno) {
            let table = try MountTable.current()
            // A working directory that is gone, or lies in a dead mount, must not keep absolute
            // paths from working.
            let here = (try? RealPath.resolve(Array(".".utf8))) ?? [UInt8(ascii: "/")]
            return ViewLocator(table: table, workingDirectory: here)
        } catch {
            throw .failure("cannot read the mount table in /proc: \(error.message)")
        }
    }

    /// Every view in the table; of those stacked at one place, the visible one.
    var views: [View] {
        var seen: Set<[UInt8]> = []
        return table.entries.reversed().filter { seen.insert($0.mountPoint).inserted }
            .filter { $0.fileSystemType == MountConfiguration.fileSystemType }
            .map(View.init).sorted { $0.path < $1.path }
    }

    /// The view that `path` lies in or names. Neither a view nor a share is asked for more than
    /// ``resolvingTime``: any of them may hang.
    func view(named path: String) throws(CommandError) -> View {
        let bytes = Array(path.utf8)
        if let found = locateLocally(bytes) { return found.view }
        // Links on network file systems, which were not followed.
        let found = withDeadline(Self.resolvingTime, thread: "resolve") { locate(bytes)?.view }
        guard let found, let view = found else {
            throw CommandError(.nothingToDo, "\(path.printable) is not in a view of larder")
        }
        return view
    }

    /// The view that holds `path`, and where in it; nil when it lies in none. Follows links on local file systems only, and none
    /// in a view: asks nothing that may hang, and no share.
    func locateLocally(_ path: [UInt8]) -> (view: View, path: RelativePath)? {
        let slash = UInt8(ascii: "/")
        var here = path.first == slash ? [] : workingDirectory.split(separator: slash)
        var rest = path.split(separator: slash)[...]
        var links = 0
        while true {
            let place = here.isEmpty ? [slash] : here.flatMap { [slash] + $0 }
            let mount = table.entry(containing: place)
            let family = mount.map { FileSystemFamily(type: $0.fileSystemType) } ?? .local
            if !family.mayHang, links < Self.linksMax,
                let target = try? FileCalls.readLink(at: FileCalls.workingDirectory, Name(place))
            {
                links += 1
                here = target.first == slash ? [] : Array(here.dropLast())
                rest = target.split(separator: slash)[...] + rest
                continue
            }
            guard let next = rest.popFirst() else {
                guard let mount, mount.fileSystemType == MountConfiguration.fileSystemType else {
                    return nil
                }
                let above = mount.mountPoint.split(separator: slash).count
                return (View(mount), RelativePath(here.dropFirst(above).map { Name(Array($0)) }))
            }
            if next.elementsEqual([0x2E, 0x2E]) {
                _ = here.popLast()
            } else if !next.elementsEqual([0x2E]) {
                here.append(next)
            }
        }
    }

    /// The view named, or all that this user may ask.
    func views(_ path: String?) throws(CommandError) -> [View] {
        if let path { return [try view(named: path)] }
        let us = Environment.userID
        return views.filter { us == 0 || $0.owner == us }
    }

    /// What is mounted at `path`, given by its text or through symbolic links; works for dead
    /// mounts too.
    func mount(at path: String) -> (path: String, entry: MountTable.Entry?) {
        var candidates: [String] = []
        if let byParent = try? RealPath.resolveParent(path) { candidates.append(byParent) }
        if let entry = candidates.first.flatMap({ table.entry(at: Array($0.utf8)) }) {
            return (candidates[0], entry)
        }
        if let resolved = try? RealPath.resolve(path) { candidates.append(resolved) }
        for candidate in candidates {
            if let entry = table.entry(at: Array(candidate.utf8)) { return (candidate, entry) }
        }
        let shown = RealPath.lexical(path, from: String(decoding: workingDirectory, as: UTF8.self))
        return (candidates.last ?? shown, nil)
    }

    /// The view that holds `path`, and where in it; nil when it lies in none.
    ///
    /// Symbolic links are followed where that works; what does not exist (any more) is found by its
    /// text.
    func locate(_ path: [UInt8]) -> (view: View, path: RelativePath)? {
        let lexical = RealPath.lexical(path, from: workingDirectory)
        let resolved = (try? RealPath.resolve(path)) ?? lexical
        for candidate in [resolved, lexical] {
            guard let entry = table.entry(containing: candidate),
                entry.fileSystemType == MountConfiguration.fileSystemType
            else { continue }
            let below = candidate.dropFirst(entry.mountPoint.count)
            let names = below.split(separator: UInt8(ascii: "/")).map { Name(Array($0)) }
            return (View(entry), RelativePath(names))
        }
        return nil
    }
}
