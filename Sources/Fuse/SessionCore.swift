import CFuse
import Glibc
import Synchronization

/// The libfuse session and what its callbacks need. Freed when the ``FuseSession`` and the last request of it
/// are gone, so that an answer from another thread never meets a freed session.
///
/// Unchecked because of the C pointers; sound because `raw` and `shared` are set once before any other thread
/// knows this object, libfuse locks its session itself, and `mount`/`unmount` are serialised by ``mounted``.
final class SessionCore: @unchecked Sendable {
    let fileSystem: any FuseFileSystem
    let requestBytesMax: Int
    let features: FuseFeatures
    let metrics: FuseMetrics?
    /// What libfuse calls `userdata`.
    let shared: UnsafeMutablePointer<larder_fuse_session>
    /// `struct fuse_session *`
    private(set) var raw: OpaquePointer?
    let interrupts = Mutex(InterruptTable())
    /// True from a successful mount to ``unmount()``.
    private let mounted = Mutex(false)

    init(
        fileSystem: any FuseFileSystem, requestBytesMax: Int, arguments: [String],
        metrics: FuseMetrics?
    ) throws(FuseSessionError) {
        self.fileSystem = fileSystem
        self.metrics = metrics
        self.requestBytesMax = requestBytesMax
        features = fileSystem.features
        shared = .allocate(capacity: 1)
        shared.initialize(to: larder_fuse_session())
        shared.pointee.fd = -1
        larder_fuse_prepare(shared)
        shared.pointee.core = Unmanaged.passUnretained(self).toOpaque()
        var operations = fuse_lowlevel_ops(features)
        var list = fuse_args()
        defer { fuse_opt_free_args(&list) }
        for argument in arguments { fuse_opt_add_arg(&list, argument) }
        let text = LibraryLog.capture {
            raw = larder_fuse_session_new(&list, &operations, shared)
        }
        guard raw != nil else { throw .options(text) }
    }

    deinit {
        if let raw {
            unmount()
            fuse_session_destroy(raw)
        }
        if shared.pointee.fd >= 0 { close(shared.pointee.fd) }
        shared.deallocate()
    }

    func mount(at path: String) throws(FuseSessionError) {
        guard let raw else { throw .options("") }
        var failure: FuseSessionError?
        mounted.withLock { mounted in
            var status: Int32 = -1
            let text = LibraryLog.capture { status = fuse_session_mount(raw, path) }
            guard status == 0 else {
                failure = .mount(path: path, reason: text)
                return
            }
            mounted = true
            let device = fuse_session_fd(raw)
            shared.pointee.fd = fcntl(device, F_DUPFD_CLOEXEC, 3)
            // libfuse goes on to own, and close, the descriptor it is given here: its own, not our duplicate.
            guard shared.pointee.fd >= 0, larder_fuse_take_over_io(raw, device) == 0 else {
                failure = .mount(path: path, reason: "no descriptor left for /dev/fuse")
                return
            }
        }
        if let failure {
            unmount()
            throw failure
        }
    }

    /// Lazily: what is still open stays usable for who has it, until they close it.
    func unmount() {
        guard let raw else { return }
        let due = mounted.withLock { mounted in
            defer { mounted = false }
            return mounted
        }
        if due { fuse_session_unmount(raw) }
    }

    /// `INIT`: shows the file system what the kernel offers, and takes its wishes.
    func initialize(_ raw: UnsafeMutablePointer<fuse_conn_info>) {
        // libfuse hides bits that it does not know; what the kernel really offered was seen on the way in.
        raw.pointee.capable |=
            shared.pointee.init_flags_offered
            & FuseCapabilities.parallelDirectoryOperations.rawValue
        var connection = FuseConnection(
            raw.pointee, maxRead: requestBytesMax, features: features)
        fileSystem.initialize(&connection)
        connection.apply(to: &raw.pointee)
        shared.pointee.init_flags_added =
            connection.wanted
            .intersection(.parallelDirectoryOperations).rawValue
    }

    /// The token travels through C as an address that nobody follows.
    func interruptData(_ token: UInt) -> UnsafeMutableRawPointer? {
        UnsafeMutableRawPointer(bitPattern: token)
    }

    /// libfuse's interrupt callback. It keeps the request, and so the session, for as long as this runs.
    static func interrupted(_ raw: OpaquePointer?, token data: UnsafeMutableRawPointer?) {
        guard let core = from(raw) else { return }
        let token = UInt(bitPattern: data)
        core.interrupts.withLock { $0.fire(token) }?()
    }

    /// The session that libfuse's request belongs to. Sound: requests arrive only inside ``FuseSession``'s
    /// loop, which holds the core.
    static func from(_ raw: OpaquePointer?) -> SessionCore? {
        raw.flatMap(fuse_req_userdata).flatMap(from(userdata:))
    }

    static func from(userdata: UnsafeMutableRawPointer?) -> SessionCore? {
        guard let core = userdata?.assumingMemoryBound(to: larder_fuse_session.self).pointee.core
        else { return nil }
        return Unmanaged<SessionCore>.fromOpaque(core).takeUnretainedValue()
    }
}
