import Model
import Testing

@testable import Replay

@Suite struct TraceParserTests {
    static let block = "time_s,file_or_volume_id,offset_bytes,length_bytes,op\n"
    static let client = "time_s,file_id,offset_bytes,length_bytes,op,reader,handle\n"

    static func parse(_ text: String, pieces: Int = .max) throws(TraceError) -> Trace {
        var parser = TraceParser(name: "t", path: "t.csv")
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            try parser.append(rest.prefix(pieces))
            rest = rest.dropFirst(pieces)
        }
        return try parser.finish()
    }

    @Test(arguments: [1, 7, 1000]) func readsBlockTracesInPiecesOfAnySize(pieces: Int) throws {
        let text = Self.block + "0,7,4096,512,R\n0.5,9,0,8192,W\r\n1.0000000019,7,0,1,R"
        let trace = try Self.parse(text, pieces: pieces)
        #expect(!trace.hasReaders)
        #expect(trace.hasClock)
        #expect(trace.fileIDs == [7, 9])
        #expect(trace.fileEnds == [4608, 8192])
        #expect(trace.events.map(\.at) == [0, 500_000_000, 1_000_000_001])
        #expect(trace.events.map(\.file) == [0, 1, 0])
        #expect(trace.events.map(\.operation) == [.read, .write, .read])
    }

    @Test func aTimeColumnThatCountsIsNoClock() throws {
        #expect(try !Self.parse(Self.block + "0,0,0,1,R\n1,0,0,1,R\n2,0,0,1,R\n").hasClock)
        #expect(try Self.parse(Self.block + "0,0,0,1,R\n1,0,0,1,R\n3,0,0,1,R\n").hasClock)
    }

    @Test func readsClients() throws {
        let trace = try Self.parse(
            Self.client + "0,5,0,0,O,mpv:12,1\n1,5,0,10,R,a:b:13,1\n2,5,0,0,C,mpv:12,1\n")
        #expect(trace.hasReaders)
        #expect(
            trace.readers == [
                Trace.Reader(program: "mpv", processID: 12),
                Trace.Reader(program: "a:b", processID: 13),
            ])
        #expect(trace.events.map(\.reader) == [0, 1, 0])
        #expect(trace.events.map(\.operation) == [.open, .read, .close])
    }

    @Test(
        arguments: [
            ("", 0, "empty"), ("time,op\n", 1, "not a trace"),
            (block + "0,0,0,1\n", 2, "op is ''"), (block + "0,0,0,1,R\n\n", 3, "time_s"),
            (block + "0,0,0,1,R\nx,0,0,1,R\n", 3, "time_s is 'x'"),
            (block + "0.,0,0,1,R\n", 2, "time_s is '0.'"),
            (block + "-1,0,0,1,R\n", 2, "time_s is '-1'"),
            (block + "1,0,0,1,R\n0.5,0,0,1,R\n", 3, "backward"),
            (block + "0,a,0,1,R\n", 2, "file's number is 'a'"),
            (block + "0,0,-4,1,R\n", 2, "offset_bytes is '-4'"),
            (block + "0,0,9999999999999999,1,R\n", 2, "offset_bytes is beyond"),
            (block + "0,0,0,1e3,R\n", 2, "length_bytes is '1e3'"),
            (block + "0,0,0,4294967296,R\n", 2, "length_bytes is beyond"),
            (block + "0,0,0,1,O\n", 2, "op is 'O', not one of R W"),
            (block + "0,0,0,1,R,mpv:1,1\n", 2, "more than 5 fields"),
            (client + "0,0,0,1,R\n", 2, "reader is missing"),
            (client + "0,0,0,1,R,mpv,1\n", 2, "not program:pid"),
            (client + "0,0,0,1,R,mpv:1\n", 2, "handle is missing"),
            (client + "0,0,0,1,X,mpv:1,1\n", 2, "op is 'X'"),
            (block + String(repeating: "1", count: 5000), 2, "longer than"),
        ] as [(String, Int, String)])
    func refusesWithTheLine(text: String, line: Int, part: String) {
        let error = #expect(throws: TraceError.self) { try Self.parse(text) }
        #expect(error?.line == line)
        #expect(error?.description.contains(part) == true, "\(error?.description ?? "")")
        #expect(error?.path == "t.csv")
    }

    @Test func refusesListsOfFilesWithTheLine() throws {
        let list = try FileList(
            parsing: Array("1\t.\t0\n2\ta/\t0\n3\ta/b.mkv\t77\n".utf8), path: "files.txt")
        #expect(list.entries.map(\.isFolder) == [true, true, false])
        #expect(list.entries[2].path.description == "a/b.mkv")
        for bad in ["x\ta\t1", "1\ta", "1\ta\t-1", "1\t\t1", "1\ta\t1\n1\tb\t1"] {
            let error = #expect(throws: TraceError.self) {
                try FileList(parsing: Array("9\tz\t1\n\(bad)\n".utf8), path: "files.txt")
            }
            #expect(error?.line == (bad.contains("\n") ? 3 : 2), "\(bad)")
        }
    }
}
