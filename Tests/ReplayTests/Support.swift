@testable import Replay

/// Traces written down by hand.
enum Hand {
    static let page = 4096

    /// A block trace of reads, each of so many pages from a page of a file on.
    ///
    /// - Parameter every: seconds between them; nil: no clock.
    static func blocks(
        _ reads: [(file: Int, page: Int, count: Int)], every: Double? = nil
    ) throws -> Trace {
        var text = TraceParserTests.block
        for (index, read) in reads.enumerated() {
            let at = every.map { "\(Double(index) * $0 + 0.5)" } ?? "\(index)"
            text += "\(at),\(read.file),\(read.page * page),\(read.count * page),R\n"
        }
        return try TraceParserTests.parse(text)
    }

    /// One read of one page each, of file 0.
    static func pages(_ pages: [Int], every: Double? = nil) throws -> Trace {
        try blocks(pages.map { (0, $0, 1) }, every: every)
    }

    static func clients(_ lines: [String]) throws -> Trace {
        try TraceParserTests.parse(TraceParserTests.client + lines.joined(separator: "\n"))
    }

    static func files(_ lines: [String]) throws -> FileList {
        try FileList(
            parsing: Array(lines.joined(separator: "\n").utf8), path: "files.txt")
    }
}
