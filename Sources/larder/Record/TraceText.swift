import Control

/// Lines of the trace format: a CSV of accesses, and a list of files separated by tabs.
enum TraceText {
    static let header = "time_s,file_id,offset_bytes,length_bytes,op,reader,handle\n"

    /// - Parameter time: microseconds since the first record.
    static func line(_ record: AccessBatch.Record, by reader: AccessBatch.Reader, time: Int64)
        -> String
    {
        // Folders are read without a file being open.
        let handle = record.operation == .list || record.operation == .lookup ? 0 : record.handle
        return "\(seconds(time)),\(record.file),\(record.offset),\(record.length),"
            + "\(record.operation.rawValue),\(name(reader.program)):\(reader.pid),\(handle)\n"
    }

    /// `12.000345`.
    static func seconds(_ microseconds: Int64) -> String {
        let time = max(0, microseconds)
        return "\(time / 1_000_000).\(String(1_000_000 + time % 1_000_000).dropFirst())"
    }

    /// A program may call itself anything; the format knows no quotes.
    private static func name(_ program: String) -> String {
        guard !program.isEmpty else { return "?" }
        return String(
            program.printable.map { ",\":".contains($0) ? "_" : $0 })
    }

    /// A line of the list of files: number, path, bytes.
    static func file(_ file: AccessBatch.File, veil: PathVeil) -> [UInt8] {
        // The format has no word for a tab or a line end in a name.
        let path = veil.text(file.path?.path, number: file.number, isFolder: file.folder)
            .map { [0x09, 0x0A, 0x0D].contains($0) ? UInt8(ascii: "?") : $0 }
        return Array("\(file.number)\t".utf8) + path + Array("\t\(file.sizeBytes)\n".utf8)
    }
}
