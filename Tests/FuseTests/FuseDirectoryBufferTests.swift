import Model
import Testing

@testable import Fuse

/// The layout is the kernel's (`struct fuse_dirent`): ino u64, off u64, namelen u32, type u32, name, padded to 8.
@Suite struct FuseDirectoryBufferTests {
    @Test func writesEntriesAsTheKernelReadsThem() {
        var buffer = FuseDirectoryBuffer(capacity: 4096)
        let wasEmpty = buffer.isEmpty
        let added = buffer.add(name: "abc", inode: 7, type: 8, nextOffset: 42)
        let count = buffer.count
        #expect(wasEmpty && added && count == 32)
        buffer.withBytes { bytes in
            #expect(bytes.loadUnaligned(as: UInt64.self) == 7)
            #expect(bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self) == 42)
            #expect(bytes.loadUnaligned(fromByteOffset: 16, as: UInt32.self) == 3)
            #expect(bytes.loadUnaligned(fromByteOffset: 20, as: UInt32.self) == 8)
            #expect(bytes[24..<27].elementsEqual("abc".utf8))
        }
    }

    @Test func refusesWhatDoesNotFitAndStaysAsItWas() {
        var buffer = FuseDirectoryBuffer(capacity: 70)
        var added: [Bool] = []
        for (index, name) in ["one", "two", "three"].enumerated() {
            let next = Int64(index + 1)
            added.append(buffer.add(name: Name(name), inode: 1, type: 4, nextOffset: next))
        }
        let count = buffer.count
        #expect(added == [true, true, false] && count == 64)
        var none = FuseDirectoryBuffer(capacity: 0)
        let fits = none.add(name: "x", inode: 1, type: 4, nextOffset: 1)
        #expect(!fits)
    }

    @Test func anEntryWithAttributesCarriesItsNode() {
        var buffer = FuseDirectoryBuffer(capacity: 4096)
        let attributes = FileAttributes(inode: 9, mode: 0o100644, size: 5)
        let entry = FuseEntry(
            nodeID: 3, attributes: attributes, attributeTimeout: 1, entryTimeout: 2)
        let added = buffer.addPlus(name: "abc", entry: entry, nextOffset: 1)
        // struct fuse_entry_out (128 bytes) stands before the entry.
        let count = buffer.count
        #expect(added && count == 128 + 32)
        buffer.withBytes { bytes in
            #expect(bytes.loadUnaligned(as: UInt64.self) == 3)
            #expect(bytes.loadUnaligned(fromByteOffset: 16, as: UInt64.self) == 2)
            #expect(bytes.loadUnaligned(fromByteOffset: 128, as: UInt64.self) == 9)
        }
    }
}
