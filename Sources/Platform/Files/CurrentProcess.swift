import Glibc

/// Who we are to the kernel.
public enum CurrentProcess {
    public static var id: Int32 { getpid() }
    /// Effective user.
    public static var userID: UInt32 { geteuid() }
}
