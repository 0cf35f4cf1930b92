/// Which program a process runs.
public enum ProgramName {
    /// The kernel's name for it, at most 15 bytes; empty where it is gone or not ours to see.
    public static func of(process: Int32) -> String {
        guard process > 0,
            let bytes = try? FileContents.read("/proc/\(process)/comm", bytesMax: 64)
        else { return "" }
        return String(decoding: bytes.prefix { $0 != 0x0A }, as: UTF8.self)
    }
}
