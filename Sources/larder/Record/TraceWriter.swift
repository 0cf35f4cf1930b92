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
        /// The file is not written.
        case refused(FileRefusal)
    }

    private struct Output {
        var path: String
        /// nil: standard output, which is not ours to close.
        var file: OutputFile?
        var buffer: [UInt8] = []

        mutating func flush() throws(Failure) {
            guard !buffer.isEmpty else { return }
            do throws(Errno) {
                try FileContents.write(file?.descriptor.rawValue ?? 1, buffer)
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
        let file = try Self.create(path, others: [.pipes, .devices])
        trace = Output(path: path, file: file)
        if file.place != nil {
            let beside = Self.listPath(of: path)
            do throws(Failure) {
                list = Output(path: beside, file: try Self.create(beside))
            } catch {
                // Or it would be in the way of the next attempt.
                file.remove()
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

    /// Never over what is there: one wrong word must not cost somebody a film. Names of files are nobody else's business.
    /// What is no regular file (a FIFO that somebody reads, `/dev/null`, `/dev/stdout`) is written to, and has nothing beside
    /// it.
    private static func create(
        _ path: String, others: OutputFile.Others = []
    ) throws(Failure) -> OutputFile {
        do throws(FileRefusal) {
            return try OutputFile.open(path, existing: .refuse, others: others)
        } catch {
            throw .refused(error)
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
        // A name that nobody can have taken before.
        let unique = String(UInt64.random(in: 0 ... .max), radix: 36)
        var sorted = Output(path: "\(list.path).\(unique)")
        let file = try Self.create(sorted.path)
        sorted.file = file
        for (_, line) in listed.sorted(by: { $0.key < $1.key }) { sorted.buffer += line }
        do throws(Failure) {
            try sorted.flush()
            guard let name = list.file?.place?.name else { return }
            do throws(Errno) {
                try file.rename(to: name)
            } catch {
                throw Failure.failed(path: list.path, error)
            }
        } catch {
            file.remove()
            throw error
        }
    }

    /// The list first: whoever follows the trace finds each file in it.
    mutating func flush() throws(Failure) {
        try list?.flush()
        try trace.flush()
    }
}
