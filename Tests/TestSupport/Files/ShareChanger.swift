public import Glibc
import Model
import Platform

/// Changes a share behind the view's back, as another machine would: generated, one change at a
/// time.
public struct ShareChanger {
    public let root: [UInt8]
    /// Where is looked for what there is: the root, or what has to be as it.
    private let catalogue: [UInt8]
    /// What there is, as the last ``look()`` saw it; paths below the root.
    public private(set) var folders: [[UInt8]] = []
    public private(set) var files: [[UInt8]] = []
    public private(set) var links: [[UInt8]] = []
    public var makesHardLinks = true
    public var setsExtendedAttributes = true
    /// A third of the changes are those by which caches are deceived.
    public var deceives = false
    /// Other bytes, as many, at the same time: seen only where more than size and time is looked at.
    public var restoresTimes = false
    /// Files to which that was done since ``moveRestoredTimes(_:)``.
    public var restored: [ino_t] = []

    public static let filesMin = 30
    public static let filesMax = 140
    public static let foldersMax = 24

    /// - Parameter catalogue: a directory that is as `root`: two changers of one and one generator's state do the same.
    public init(root: String, catalogue: String? = nil) throws {
        self.root = root.pathBytes
        self.catalogue = (catalogue ?? root).pathBytes
        try look()
    }

    /// Names that there once were.
    public var gone: [[UInt8]] = []

    public mutating func look() throws {
        let all = try FileTree.paths(catalogue)
        folders = [[]] + all.filter { $0.status.isDirectory }.map(\.path)
        files = all.filter { $0.status.isRegular }.map(\.path)
        links = all.filter { $0.status.isLink }.map(\.path)
    }

    /// Paths that a message is about.
    public func mentioned(in message: String) -> [[UInt8]] {
        (files + folders + links + gone).filter { !$0.isEmpty && message.contains($0.printable) }
    }

    public func absolute(_ path: [UInt8]) -> [UInt8] { path.isEmpty ? root : root / path }

    /// Where it is looked for.
    public func catalogued(_ path: [UInt8]) -> [UInt8] {
        path.isEmpty ? catalogue : catalogue / path
    }

    public func any(_ paths: [[UInt8]], _ generator: inout SplitMix) -> [UInt8]? {
        paths.isEmpty ? nil : paths[Int.random(in: 0..<paths.count, using: &generator)]
    }

    private static let tricky: [[UInt8]] = [
        Array("new\nline".utf8), [0x6C, 0x61, 0x74, 0x69, 0x6E, 0xE9], Array("ünïcödé 日本".utf8),
        Array(" leading and trailing ".utf8), Array("back\\slash \"quoted\"".utf8), [0xFF, 0xFE],
    ]

    public func freshName(_ generator: inout SplitMix) -> [UInt8] {
        let number = Int.random(in: 0..<60, using: &generator)
        if generator.chance(15) {
            return Self.tricky[number % Self.tricky.count] + Array("\(number / 8)".utf8)
        }
        return Array(TestLibrary.name(number, using: &generator).utf8)
    }

    /// A place where there may be nothing yet.
    private func place(_ generator: inout SplitMix) -> [UInt8] {
        let folder = any(folders, &generator) ?? []
        let name = freshName(&generator)
        return folder.isEmpty ? name : folder / name
    }

    /// Makes one change.
    ///
    /// - Returns: what was done, in words. Calls that make no sense (a folder renamed into itself)
    ///   are left at that.
    public mutating func change(_ generator: inout SplitMix) throws -> String {
        let words: String
        do throws(Errno) {
            words = try attempt(&generator)
        } catch {
            return "(nothing: \(error.message))"
        }
        try look()
        return words
    }

    private mutating func attempt(_ generator: inout SplitMix) throws(Errno) -> String {
        // A share that dwindles away has nothing to look at.
        if files.count < Self.filesMin { return try create(&generator) }
        if deceives, generator.chance(35) { return try deceive(&generator) }
        switch Int.random(in: 0..<100, using: &generator) {
        case 0..<16: return try create(&generator)
        case 16..<52: return try changeContents(&generator)
        case 52..<64: return try replace(&generator)
        case 64..<74:
            guard let victim = any(files + links, &generator) else { return "nothing to delete" }
            try Calls.unlink(absolute(victim))
            gone.append(victim)
            return "delete \(victim.printable)"
        case 74..<79:
            guard folders.count < Self.foldersMax else { return try removeFolder(&generator) }
            let folder = place(&generator)
            try Calls.makeDirectory(absolute(folder), mode: generator.chance(50) ? 0o755 : 0o750)
            return "mkdir \(folder.printable)"
        case 79..<82: return try removeFolder(&generator)
        case 82..<86:
            guard let from = any(Array(folders.dropFirst()), &generator) else { return "no folder" }
            let to = place(&generator)
            try Calls.rename(absolute(from), to: absolute(to))
            gone.append(from)
            return "rename folder \(from.printable) to \(to.printable)"
        case 86..<90:
            guard let from = any(files, &generator) else { return "no file" }
            let to = place(&generator)
            try Calls.rename(absolute(from), to: absolute(to))
            gone.append(from)
            return "rename \(from.printable) to \(to.printable)"
        case 90..<93:
            guard makesHardLinks, let from = any(files, &generator) else { return "no file" }
            let to = place(&generator)
            try Calls.link(absolute(from), to: absolute(to))
            return "link \(from.printable) as \(to.printable)"
        case 93..<95:
            let target = any(files + folders, &generator) ?? []
            let at = place(&generator)
            try Calls.symbolicLink(target + [0x78], at: absolute(at))
            return "symlink \(at.printable)"
        case 95..<98:
            guard let path = any(files + folders, &generator) else { return "nothing" }
            let mode: mode_t = [0o644, 0o600, 0o755, 0o700][
                Int.random(in: 0..<4, using: &generator)]
            try Calls.setMode(absolute(path), mode)
            return "chmod \(String(mode, radix: 8)) \(path.printable)"
        default: return try setAttribute(&generator)
        }
    }

    private func create(_ generator: inout SplitMix) throws(Errno) -> String {
        guard files.count < Self.filesMax else { return try changeContents(&generator) }
        let path = place(&generator)
        let bytes = generator.content(TestLibrary.size(using: &generator))
        try Calls.write(bytes, to: absolute(path), flags: O_EXCL)
        settle(absolute(path), nil, &generator)
        return "create \(path.printable) with \(bytes.count)"
    }

    private func changeContents(_ generator: inout SplitMix) throws(Errno) -> String {
        guard let path = any(files, &generator) else { return "no file" }
        let target = absolute(path)
        let before = try Calls.status(target)
        let size = Int(before.st_size)
        var words = ""
        switch Int.random(in: 0..<4, using: &generator) {
        case 0:
            let bytes = generator.content(TestLibrary.size(using: &generator))
            try Calls.write(bytes, to: target)
            words = "rewrite with \(bytes.count)"
        case 1:
            // Same size, other bytes.
            let offset = size == 0 ? 0 : Int.random(in: 0..<size, using: &generator)
            let bytes = generator.content(min(max(1, size - offset), 70_000))
            try (try Calls.open(target, O_WRONLY)).write(bytes, at: Int64(offset))
            words = "write \(bytes.count) at \(offset)"
        case 2:
            let bytes = generator.content(Int.random(in: 1...100_000, using: &generator))
            let gap = generator.chance(20) ? Int.random(in: 0...200_000, using: &generator) : 0
            try (try Calls.open(target, O_WRONLY)).write(bytes, at: Int64(size + gap))
            words = "append \(bytes.count) behind a gap of \(gap)"
        default:
            let shorter = Int.random(in: 0...max(1, size), using: &generator)
            try Calls.truncate(target, Int64(shorter))
            words = "truncate to \(shorter)"
        }
        settle(target, before, &generator)
        return "\(words) \(path.printable)"
    }

    private func replace(_ generator: inout SplitMix) throws(Errno) -> String {
        guard let path = any(files, &generator) else { return "no file" }
        let temporary = absolute(Array(".replacement".utf8))
        let before = try Calls.status(absolute(path))
        let size = generator.chance(50) ? Int(before.st_size) : TestLibrary.size(using: &generator)
        try Calls.write(generator.content(size), to: temporary)
        settle(temporary, before, &generator)
        try Calls.rename(temporary, to: absolute(path))
        return "replace \(path.printable) with \(size)"
    }

    private mutating func removeFolder(_ generator: inout SplitMix) throws(Errno) -> String {
        guard let path = any(Array(folders.dropFirst()), &generator) else { return "no folder" }
        for file in files + links where file.starts(with: path + [0x2F]) {
            try Calls.unlink(absolute(file))
        }
        for folder in folders.filter({ $0.starts(with: path + [0x2F]) }).sorted(by: {
            $0.count > $1.count
        }) {
            try Calls.removeDirectory(absolute(folder))
        }
        try Calls.removeDirectory(absolute(path))
        gone.append(path)
        return "remove folder \(path.printable)"
    }

    private func setAttribute(_ generator: inout SplitMix) throws(Errno) -> String {
        guard setsExtendedAttributes, let path = any(files, &generator) else { return "no file" }
        let file = try Calls.open(absolute(path))
        let value = generator.content(Int.random(in: 0...200, using: &generator))
        try FileCalls.setExtendedAttribute(
            of: file.descriptor, Name("user.note"), to: value, flags: 0)
        return "setxattr \(path.printable)"
    }

    /// Gives a changed file a time: now as it is, or long ago, so that the disk tier may keep it.
    ///
    /// A version is told by size and time: the time must be another than before. Clocks of file
    /// systems tick, and a generated change may come within one tick of the last.
    public func settle(_ path: [UInt8], _ before: stat?, _ generator: inout SplitMix) {
        let isMovedBack = generator.chance(70)
        let seconds = TestLibrary.longAgo + Int.random(in: 0...100_000_000, using: &generator)
        let nanoseconds = Int.random(in: 0..<1_000_000_000, using: &generator)
        guard let after = try? Calls.status(path) else { return }
        let isSame =
            before?.st_mtim.tv_sec == after.st_mtim.tv_sec
            && before?.st_mtim.tv_nsec == after.st_mtim.tv_nsec
        guard isSame || isMovedBack else { return }
        try? Calls.setModified(path, seconds: seconds, nanoseconds: nanoseconds)
    }
}
