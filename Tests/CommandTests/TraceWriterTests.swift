import Control
import Glibc
import Model
import Platform
import TestSupport
import Testing

@testable import larder

@Suite struct TraceWriterTests {
    @Test func writesAsItGoes() throws {
        let place = try TemporaryDirectory()
        let path = "\(place.path)/trace.csv"
        var writer = try TraceWriter(path: path, veil: PathVeil(.full))
        try writer.flush()
        let text = { (name: String) in
            String(decoding: try FileContents.read("\(place.path)/\(name)"), as: UTF8.self)
        }
        #expect(try text("trace.csv") == TraceText.header)
        let file = AccessBatch.File(
            number: 4, path: RelativePath(["a"]), folder: false, sizeBytes: 9)
        writer.list([file])
        writer.list([file])
        let entry = { (time: Int64) in
            TraceOrder.Entry(
                record: .init(
                    sequence: 1, arrivedMicroseconds: 0, operation: .open, file: 4, handle: 3),
                reader: .init(program: "cat", pid: 5, userID: 0), time: time)
        }
        writer.write([entry(7_000_000), entry(7_250_000)])
        try writer.flush()
        #expect(
            try text("trace.csv") == TraceText.header
                + "0.000000,4,0,0,O,cat:5,3\n0.250000,4,0,0,O,cat:5,3\n")
        #expect(try text("trace.files.txt") == "4\ta\t9\n")
        writer.list([
            AccessBatch.File(number: 1, path: RelativePath(), folder: true, sizeBytes: 0)
        ])
        try writer.finish()
        #expect(try text("trace.files.txt") == "1\t.\t0\n4\ta\t9\n")
        var reader = DirectoryReader(try FileCalls.open(place.path, .directory))
        let names = try reader.next()?.map(\.name.description).sorted()
        #expect(names == ["trace.csv", "trace.files.txt"])
        #expect(writer.lines == 2)
        #expect(writer.files == 2)
    }

    @Test func overwritesNothing() throws {
        let place = try TemporaryDirectory()
        let path = "\(place.path)/trace.csv"
        do {
            _ = try TraceWriter(path: path, veil: PathVeil(.full))
        }
        #expect(throws: TraceWriter.Failure.refused(.failed(path: path, .exists))) {
            try TraceWriter(path: path, veil: PathVeil(.full))
        }
        // Only the list is in the way: then no empty trace is left to be in the way next time.
        try FileCalls.unlink(at: FileCalls.workingDirectory, Array(path.utf8))
        let list = "\(place.path)/trace.files.txt"
        #expect(throws: TraceWriter.Failure.refused(.failed(path: list, .exists))) {
            try TraceWriter(path: path, veil: PathVeil(.full))
        }
        #expect(throws: Errno.noSuchFile) { try FileCalls.attributes(ofPath: path) }
    }

    @Test func whatIsNoFileIsWrittenTo() throws {
        var writer = try TraceWriter(path: "/dev/full", veil: PathVeil(.full))
        #expect(throws: TraceWriter.Failure.failed(path: "/dev/full", .noSpace)) {
            try writer.flush()
        }
    }

    /// A FIFO would be waited for, a link followed; the list beside the trace is as easily guessed as the trace.
    @Test(arguments: ["trace.csv", "trace.files.txt"])
    func whatSomebodyHasPlantedIsRefused(planted: String) throws {
        for kind in ["fifo", "link"] {
            let place = try TemporaryDirectory()
            let path = "\(place.path)/\(planted)"
            let made =
                kind == "fifo" ? mkfifo(path, 0o600) : symlink("\(place.path)/victim", path)
            try #require(made == 0)
            let refusal: FileRefusal =
                switch (kind, planted) {
                case ("link", _): .symbolicLink(path: path)
                case (_, "trace.csv"): .nobodyReads(path: path)
                default: .notRegular(path: path, .fifo)
                }
            #expect(throws: TraceWriter.Failure.refused(refusal)) {
                try TraceWriter(path: "\(place.path)/trace.csv", veil: PathVeil(.full))
            }
            var reader = DirectoryReader(try FileCalls.open(place.path, .directory))
            #expect(try reader.next()?.map(\.name.description) == [planted], "nothing else")
        }
    }

    @Test(arguments: [
        ("trace.csv", "trace.files.txt"), ("a/t", "a/t.files.txt"), ("a/.csv", "a/.csv.files.txt"),
    ])
    func theListStandsBeside(trace: String, list: String) {
        #expect(TraceWriter.listPath(of: trace) == list)
    }
}
