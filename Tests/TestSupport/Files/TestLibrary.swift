import Glibc
public import Model

/// Makes the files that tests put on a share.
public enum TestLibrary {
    /// Long ago, so that a file counts as settled and may be kept on disk.
    public static let longAgo = 1_600_000_000

    /// Writes a file that was last changed long ago.
    public static func file(
        _ path: some PathBytes, _ bytes: [UInt8], modified: Int = longAgo
    ) throws(Errno) {
        try Calls.write(bytes, to: path)
        try Calls.setModified(path, seconds: modified)
    }

    /// `0.txt` and so on, of bytes that do not compress.
    public static func numberedFiles(
        _ count: Int, of bytes: Int, in folder: String, seed: UInt64
    ) throws(Errno) {
        var generator = SplitMix(seed: seed)
        for number in 0..<count {
            try file("\(folder)/\(number).txt", generator.content(bytes, compressible: false))
        }
    }

    /// A small library: folders with files of every content type and size class, links, empty ones.
    ///
    /// - Parameter bigFiles: how many files of 4 to 12 MiB are among them.
    public static func make(
        _ root: String, folders: Int = 4, filesPerFolder: Int = 8, bigFiles: Int = 1,
        using generator: inout SplitMix
    ) throws(Errno) {
        var all: [String] = []
        for folder in 0..<folders {
            let parent = folder > 1 && generator.chance(40) ? "\(root)/folder0" : root
            let path = "\(parent)/folder\(folder)"
            try Calls.makeDirectory(path)
            for number in 0..<filesPerFolder {
                let file = "\(path)/\(name(number, using: &generator))"
                try self.file(file, generator.content(size(using: &generator)))
                all.append(file)
            }
            try Calls.symbolicLink("../nowhere", at: "\(path)/broken link")
            try Calls.makeDirectory("\(path)/empty")
        }
        for number in 0..<bigFiles {
            let count = Int.random(in: (4 << 20)...(12 << 20), using: &generator)
            try self.file(
                "\(root)/film\(number).mkv", generator.content(count, compressible: false))
        }
        if let first = all.first { try Calls.link(first, to: "\(root)/second name.txt") }
        try Calls.symbolicLink("folder0", at: "\(root)/link to folder0")
        for folder in try FileTree.paths(root).filter({ $0.status.isDirectory }).map(\.path) {
            try Calls.setModified(root.pathBytes / folder, seconds: longAgo)
        }
        try Calls.setModified(root, seconds: longAgo)
    }

    private static let endings = [
        "mkv", "mp4", "txt", "nfo", "jpg", "conf", "JPG", "odt", "srt", "tar.gz",
    ]

    public static func name(_ number: Int, using generator: inout SplitMix) -> String {
        let ending = endings[Int.random(in: 0..<endings.count, using: &generator)]
        return "file \(number).\(ending)"
    }

    /// Mostly small, as files are; around the sizes of pages, blocks and chunks where mistakes
    /// live.
    public static func size(using generator: inout SplitMix) -> Int {
        switch Int.random(in: 0..<20, using: &generator) {
        case 0: 0
        case 1...9: Int.random(in: 1...20_000, using: &generator)
        case 10...12:
            max(
                0,
                (4096 << Int.random(in: 0...8, using: &generator))
                    + Int.random(in: -2...2, using: &generator))
        case 13...17: Int.random(in: 20_000...300_000, using: &generator)
        default: Int.random(in: 300_000...3_000_000, using: &generator)
        }
    }
}
