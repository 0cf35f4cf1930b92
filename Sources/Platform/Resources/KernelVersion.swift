/// The kernel that runs (`uname -r`).
public enum KernelVersion {
    /// Such as `6.1.0-18-amd64`; empty where it cannot be told.
    public static var release: String {
        let bytes = (try? FileContents.read("/proc/sys/kernel/osrelease", bytesMax: 4096)) ?? []
        return String(decoding: bytes.prefix { $0 != 0x0A }, as: UTF8.self)
    }
}
