import CSystemd
import Glibc
import Model

/// systemd's journal, which keeps fields beside the text (systemd.journal-fields(7)).
public enum Journal {
    /// Device and inode of what a service manager connected to standard output and error (systemd.exec(5)).
    public static let streamVariable = "JOURNAL_STREAM"

    /// Whether a descriptor leads to the journal: only then do messages go there by themselves. A daemon that was
    /// started from a service but writes to a file has the variable too.
    ///
    /// - Parameter stream: `device:inode`, in decimal.
    public static func isConnected(
        _ descriptor: Int32 = 2, stream: String? = Environment.variable(streamVariable)
    ) -> Bool {
        let parts = (stream ?? "").split(separator: ":").map { UInt64($0) }
        guard parts.count == 2, let attributes = try? FileCalls.attributes(of: descriptor) else {
            return false
        }
        return parts[0] == attributes.device && parts[1] == attributes.inode
    }

    /// Field names and values of a message.
    ///
    /// - Returns: `NAME=value` in bytes, each a field. A value may hold anything, newlines too.
    static func fields(of record: LogRecord) -> [[UInt8]] {
        var fields = [
            "MESSAGE=" + record.text, "PRIORITY=\(record.level.priority)",
            "SYSLOG_IDENTIFIER=larder",
        ]
        if let view = record.context.view { fields.append("LARDER_VIEW=" + view) }
        if let share = record.context.share { fields.append("LARDER_SHARE=" + share) }
        var bytes = fields.map { Array($0.utf8) }
        if let path = record.path { bytes.append(Array("LARDER_PATH=".utf8) + path) }
        return bytes
    }

    /// Sends messages to the journal.
    ///
    /// A datagram into a buffer of 8 MiB, which libsystemd asks for: with the rate that ``Log`` keeps, a journal that
    /// hangs makes nobody wait for days. Without a journal nothing happens; what it refuses goes to standard error.
    public static let sink: @Sendable (LogRecord) -> Void = { record in
        let fields = fields(of: record)
        let joined = fields.flatMap { $0 }
        // Sound: the addresses are used inside the closure only, and sd_journal_sendv(3) reads and keeps nothing.
        let status = joined.withUnsafeBytes { bytes -> Int32 in
            guard let base = bytes.baseAddress else { return 0 }
            var vectors: [iovec] = []
            var offset = 0
            for field in fields {
                vectors.append(
                    iovec(
                        iov_base: UnsafeMutableRawPointer(mutating: base + offset),
                        iov_len: field.count))
                offset += field.count
            }
            return sd_journal_sendv(vectors, Int32(vectors.count))
        }
        // Standard error leads to the journal as well; it takes the level from such a prefix (sd-daemon(3)).
        if status < 0 { StandardErrorSink.write("<\(record.level.priority)>" + record.line) }
    }
}
