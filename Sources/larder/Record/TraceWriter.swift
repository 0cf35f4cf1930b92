import Control
import Glibc
import Model
import Platform

/// The files of a recording, written as it goes.
struct TraceWriter {
    enum Failure: Error, Equatable {
        /// Whoever read standard output has gone.
        case nobodyReads
        case failed(path: String, Errno)
    }

    private struct Output {
        var path: String
        /// nil: standard output, which is not ours to close.
        var file: DescriptorReference?
        var buffer: [UInt8] = []

        mutating func flush() throws(Failure) {
            guard !buffer.isEmpty else { return }
            do throws(Errno) {
                try FileContents.write(file?.rawValue ?? 1, buffer)
            } catch {
                throw error.rawValue == EPIPE ? .nobodyReads : .failed(path: path, error)
            }
            buffer.removeAll(keepingCapacity: true)
        }
    }

    private var trace: Output
    /// nil where there is no place beside the trace.
    private var list: Output?
    private let veil: PathVeil
    /// Lines of the list by number: about 100 bytes for each file that was used.
    private var listed: [UInt64: [UInt8]] = [:]
    private var origin: Int64?
    private(set) var lines = 0
    var files: Int { listed.count }

    /// - Parameter path: nil for standard output.
    init(path: String?, veil: PathVeil) throws(Failure) {
        self.veil = veil
        guard let path else {
            trace = Output(path: "standard output")
            trace.buffer = Array(TraceText.header.utf8)
            return
        }
        let file = try Self.create(path)
        trace = Output(path: path, file: file.descriptor)
        if file.isOurs {
            let beside = Self.listPath(of: path)
            do throws(Failure) {
                list = Output(path: beside, file: try Self.create(beside).descriptor)
            } catch {
                // Or it would be in the way of the next attempt.
                unlink(path)
                throw error
            }
        }
        trace.buffer = Array(TraceText.header.utf8)
    }

    /// `trace.files.txt` beside `trace.csv`.
    static func listPath(of trace: String) -> String {
        (trace.hasSuffix(".csv") && !trace.hasSuffix("/.csv") ? String(trace.dropLast(4)) : trace)
            + ".files.txt"
    }

    /// Never over what is there: one wrong word must not cost somebody a film. Names of files are
    /// nobody else's business.
    /// What is no regular file (a FIFO, `/dev/null`) is written to, and has nothing beside it.
    private static func create(
        _ path: String
    ) throws(Failure) -> (descriptor: DescriptorReference, isOurs: Bool) {
        do throws(Errno) {
            let kind = try? FileCalls.attributes(ofPath: path).kind
            let isOurs = kind == nil || kind == .regular
            let flags: OpenFlags = isOurs ? [.writeOnly, .create, .exclusive] : .writeOnly
            return (DescriptorReference(try FileCalls.open(path, flags, mode: 0o600)), isOurs)
        } catch {
            throw .failed(path: path, error)
        }
    }

    /// Files that were not seen before go to the list.
    mutating func list(_ files: [AccessBatch.File]) {
        for file in files where list != nil && listed[file.number] == nil {
            let line = TraceText.file(file, veil: veil)
            listed[file.number] = line
            list?.buffer += line
        }
    }

    mutating func write(_ entries: [TraceOrder.Entry]) {
        for entry in entries {
            let start = origin ?? entry.time
            origin = start
            trace.buffer += Array(
                TraceText.line(entry.record, by: entry.reader, time: entry.time - start).utf8)
            lines += 1
        }
    }

    /// At the end the list is put in the order of numbers. Those were given when folders were listed, so it is
    /// the order in which a folder shows its files, which replays go by; that of first use would look like
    /// a walk through the folder.
    mutating func finish() throws(Failure) {
        try flush()
        guard let list, !listed.isEmpty else { return }
        var sorted = Output(path: "\(list.path).sorted")
        (sorted.file, _) = try Self.create(sorted.path)
        for (_, line) in listed.sorted(by: { $0.key < $1.key }) { sorted.buffer += line }
        try sorted.flush()
        guard rename(sorted.path, list.path) == 0 else {
            throw .failed(path: list.path, Errno(rawValue: errno))
        }
    }

    /// The list first: whoever follows the trace finds each file in it.
    mutating func flush() throws(Failure) {
        try list?.flush()
        try trace.flush()
    }
}
