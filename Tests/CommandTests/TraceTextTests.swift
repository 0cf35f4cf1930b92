import Control
import Model
import Testing

@testable import larder

@Suite struct TraceTextTests {
    private func line(
        _ operation: AccessBatch.Record.Operation, program: String = "mpv", handle: UInt64 = 7
    ) -> String {
        TraceText.line(
            AccessBatch.Record(
                sequence: 9, arrivedMicroseconds: 1, operation: operation, file: 4695,
                offset: 30_302_208, length: 8192, handle: handle),
            by: AccessBatch.Reader(program: program, pid: 30558, userID: 0), time: 12_000_345)
    }

    @Test func linesAreThoseOfTheTraceFormat() {
        #expect(
            TraceText.header == "time_s,file_id,offset_bytes,length_bytes,op,reader,handle\n")
        #expect(line(.read) == "12.000345,4695,30302208,8192,R,mpv:30558,7\n")
        #expect(line(.open) == "12.000345,4695,30302208,8192,O,mpv:30558,7\n")
        #expect(line(.close) == "12.000345,4695,30302208,8192,C,mpv:30558,7\n")
        #expect(line(.list) == "12.000345,4695,30302208,8192,D,mpv:30558,0\n")
        #expect(line(.lookup) == "12.000345,4695,30302208,8192,S,mpv:30558,0\n")
    }

    @Test func programsCannotBreakLines() {
        #expect(line(.read, program: "a,b\"c:d\ne").contains(",a_b_c_d?e:30558,7\n"))
        #expect(line(.read, program: "").contains(",?:30558,"))
        #expect(line(.read, program: "Plex Media Scan").contains(",Plex Media Scan:30558,"))
    }

    @Test(
        arguments: [
            (0, "0.000000"), (1, "0.000001"), (999_999, "0.999999"), (3_600_000_000, "3600.000000"),
            (-5, "0.000000"),
        ] as [(Int64, String)])
    func times(microseconds: Int64, text: String) {
        #expect(TraceText.seconds(microseconds) == text)
    }

    @Test func filesAreListedAsInTheTraces() {
        func text(_ path: [Name]?, folder: Bool = false, size: Int64 = 0) -> String {
            let file = AccessBatch.File(
                number: 5, path: path.map { RelativePath($0) }, folder: folder, sizeBytes: size)
            return String(
                decoding: TraceText.file(file, veil: PathVeil(.full, salt: [])), as: UTF8.self)
        }
        #expect(text([], folder: true) == "5\t.\t0\n")
        #expect(text(["docs", "Manuals"], folder: true) == "5\tdocs/Manuals/\t0\n")
        #expect(text(["docs", "a b.pdf"], size: 265_515) == "5\tdocs/a b.pdf\t265515\n")
        #expect(text(["a\tb\nc\\d"], size: 1) == "5\ta?b?c\\d\t1\n")
        #expect(text(nil, size: 1) == "5\t?5\t1\n")
    }
}
