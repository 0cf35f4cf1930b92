import Glibc
import Model
import Platform
import TestSupport
import Testing

extension IntegrationTests {
    /// Descriptors of the share: one user's many opens do not take them from the others.
    @Suite(.needsRoot) struct DescriptorTests {
        private let area = Area.current

        private func descriptors(of view: RunningView) throws -> Int {
            try Calls.names("/proc/\(view.process.pid)/fd").count
        }

        @Test func manyOpensOfOneFileShareADescriptor() throws {
            let share = try area.makeDirectory("share")
            try TestLibrary.file("\(share)/file", Array("text".utf8))
            try TestLibrary.file("\(share)/other", Array("text".utf8))
            let view = try RunningView(area, share: share)
            let path = "\(view.path)/file"
            let before = try descriptors(of: view)
            var opened: [FileDescriptorBox] = []
            try view.guarded("open \(path) 1,500 times", within: 120) {
                for _ in 0..<1500 { opened.append(try FileDescriptorBox(path, .readWrite)) }
            }
            #expect(try descriptors(of: view) - before < 200)
            // Each is a handle of its own all the same.
            try opened[0].write("first", at: 0)
            try opened[1499].write("last", at: 5)
            opened.removeFirst(1490)
            try opened[5].write("!", at: 9)
            #expect(try view.contents("file") == Array("firstlast!".utf8))
            #expect(try Calls.contents("\(share)/file") == Array("firstlast!".utf8))
            opened = []
            try waitUntil("the descriptors are closed") {
                try descriptors(of: view) - before < 20 ? () : nil
            }
            try view.stop()
        }
    }

    /// Open until it goes.
    private final class FileDescriptorBox {
        private let descriptor: FileDescriptor

        init(_ path: String, _ flags: OpenFlags) throws {
            descriptor = try FileCalls.open(path, flags)
        }

        func write(_ text: String, at offset: Int64) throws {
            try Array(text.utf8).withUnsafeBytes {
                try FileCalls.write(descriptor.rawValue, $0, at: offset)
            }
        }
    }
}
