import Model
import Testing

@testable import Platform

/// Answers of `getdents64(2)` as no honest file system gives them.
@Suite struct DirectoryParserTests {
    private func record(_ name: [UInt8], inode: UInt64 = 5, type: UInt8 = 8) -> [UInt8] {
        let length = (19 + name.count + 1 + 7) / 8 * 8
        var bytes: [UInt8] = []
        withUnsafeBytes(of: inode.littleEndian) { bytes += Array($0) }
        withUnsafeBytes(of: UInt64(1).littleEndian) { bytes += Array($0) }
        withUnsafeBytes(of: UInt16(length).littleEndian) { bytes += Array($0) }
        bytes.append(type)
        bytes += name
        return bytes + [UInt8](repeating: 0, count: length - bytes.count)
    }

    private func parse(_ parser: inout DirectoryParser, _ bytes: [UInt8]) -> [Name] {
        bytes.withUnsafeBytes { parser.entries(in: $0).map(\.name) }
    }

    @Test func whatCannotBeANameIsLeftOutAndCounted() {
        var parser = DirectoryParser()
        let long = [UInt8](repeating: 0x61, count: 256)
        let bytes =
            record(Array(".".utf8)) + record(Array("..".utf8)) + record(Array("a".utf8))
            + record([]) + record(Array("../etc".utf8)) + record(Array("/".utf8)) + record(long)
            + record(Array(long.dropLast())) + record([0xFF, 0xFE])
            + record(Array("b".utf8), inode: 0)
        let names = parse(&parser, bytes)
        #expect(names == ["a", Name(Array(long.dropLast())), Name([0xFF, 0xFE]), "b"])
        #expect(parser.refused == 4)
    }

    /// As every program that reads the directory sees it.
    @Test func aNULEndsAName() {
        var parser = DirectoryParser()
        let names = parse(&parser, record([0x61, 0, 0x62]) + record([0, 0x62]))
        #expect(names == ["a"])
        #expect(parser.refused == 1)
    }

    @Test func dotsComeOnce() {
        var parser = DirectoryParser()
        let dots = record(Array(".".utf8)) + record(Array("..".utf8))
        #expect(parse(&parser, dots) == [])
        #expect(parser.refused == 0)
        #expect(parse(&parser, dots + dots) == [])
        #expect(parser.refused == 4)
    }

    /// Whatever the bytes are, nothing is read outside of them.
    @Test func brokenRecordsEndTheAnswer() {
        let good = record(Array("a".utf8))
        for length in [0, 1, 18, 25, 4000, 65_535] {
            var broken = record(Array("b".utf8))
            withUnsafeBytes(of: UInt16(length).littleEndian) { bytes in
                broken.replaceSubrange(16..<18, with: bytes)
            }
            var parser = DirectoryParser()
            let names = parse(&parser, good + broken)
            #expect(names == ["a"], "\(length)")
            #expect(parser.refused == 1, "\(length)")
        }
        for count in 0..<good.count {
            var parser = DirectoryParser()
            #expect(parse(&parser, Array(good.prefix(count))) == [])
        }
    }
}
