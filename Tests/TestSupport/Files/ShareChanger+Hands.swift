import Glibc
public import Model

/// Changes by which caches are deceived: numbers, names and times that were something else's before.
extension ShareChanger {
    public mutating func deceive(_ generator: inout SplitMix) throws(Errno) -> String {
        switch Int.random(in: 0..<(restoresTimes ? 5 : 4), using: &generator) {
        case 0: try moveOver(&generator)
        case 1: try makeAgain(&generator)
        case 2: try writeByAnyName(&generator)
        case 3: try exchange(&generator)
        default: try restoreTime(&generator)
        }
    }

    /// One file takes another's name, in whatever folder.
    private mutating func moveOver(_ generator: inout SplitMix) throws(Errno) -> String {
        guard let from = any(files, &generator), let to = any(files, &generator) else {
            return "no file"
        }
        try Calls.rename(absolute(from), to: absolute(to))
        gone.append(from)
        return "rename \(from.printable) over \(to.printable)"
    }

    private func exchange(_ generator: inout SplitMix) throws(Errno) -> String {
        guard let left = any(files, &generator), let right = any(files, &generator) else {
            return "no file"
        }
        let aside = absolute(Array(".aside".utf8))
        try Calls.rename(absolute(left), to: aside)
        if left != right { try Calls.rename(absolute(right), to: absolute(left)) }
        try Calls.rename(aside, to: absolute(right))
        return "exchange \(left.printable) and \(right.printable)"
    }

    /// A file goes, and its inode number is the next one's: of the same name, or beside it, and as large.
    private func makeAgain(_ generator: inout SplitMix) throws(Errno) -> String {
        guard let path = any(files, &generator) else { return "no file" }
        let before = try Calls.status(absolute(path))
        let name = freshName(&generator)
        let folder = path.lastIndex(of: 0x2F).map { Array(path[..<$0]) }
        let isSameName = generator.chance(50)
        let next = isSameName ? path : folder.map { $0 / name } ?? name
        let bytes = generator.content(Int(before.st_size))
        try Calls.unlink(absolute(path))
        try Calls.write(bytes, to: absolute(next), flags: O_EXCL)
        settle(absolute(next), before, &generator)
        return "delete \(path.printable) and create \(next.printable) with \(bytes.count)"
    }

    /// What a file is called besides `path`, and that itself.
    private func names(of path: [UInt8]) -> [[UInt8]] {
        guard let own = try? Calls.status(catalogued(path)), own.st_nlink > 1 else { return [path] }
        return files.filter { (try? Calls.status(catalogued($0)))?.st_ino == own.st_ino }
    }

    /// A file with several names, if there is one and links are made.
    private func linkedFile(_ generator: inout SplitMix) -> [UInt8]? {
        let linked =
            makesHardLinks
            ? files.filter { (try? Calls.status(catalogued($0)))?.st_nlink ?? 1 > 1 } : []
        return any(linked.isEmpty ? files : linked, &generator)
    }

    /// A file with several names is written by one of them.
    private func writeByAnyName(_ generator: inout SplitMix) throws(Errno) -> String {
        guard let path = linkedFile(&generator) else { return "no file" }
        let target = absolute(path)
        let before = try Calls.status(target)
        let size = max(1, Int(before.st_size))
        let bytes = generator.content(size)
        try (try Calls.open(target, O_WRONLY)).write(bytes, at: 0)
        settle(target, before, &generator)
        return "write \(size) in place by \(path.printable)"
    }

    /// A file gets other bytes, as many, by one of its names, and by another its time back.
    private mutating func restoreTime(_ generator: inout SplitMix) throws(Errno) -> String {
        guard let path = linkedFile(&generator), let other = any(names(of: path), &generator) else {
            return "no file"
        }
        let before = try Calls.status(absolute(path))
        guard before.st_size > 0 else { return "an empty file" }
        let bytes = generator.content(Int(before.st_size))
        try (try Calls.open(absolute(path), O_WRONLY)).write(bytes, at: 0)
        try Calls.setTimes(absolute(other), accessed: before.st_atim, modified: before.st_mtim)
        restored.append(try Calls.status(catalogued(path)).st_ino)
        return "write \(bytes.count) by \(path.printable), time put back by \(other.printable)"
    }

    /// Gives files whose times were put back others, by which they are told where nothing but size and time is looked at.
    public mutating func moveRestoredTimes(_ generator: inout SplitMix) {
        // By whatever names they have by now.
        try? look()
        for inode in restored {
            let seconds = TestLibrary.longAgo + Int.random(in: 0...100_000_000, using: &generator)
            guard
                let path = files.first(where: {
                    (try? Calls.status(catalogued($0)))?.st_ino == inode
                })
            else { continue }
            try? Calls.setModified(absolute(path), seconds: seconds)
        }
        restored = []
    }
}
