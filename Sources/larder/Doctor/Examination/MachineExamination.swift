import Model
import Platform

/// What the facts of a machine mean. Pure.
enum MachineExamination {
    /// Descriptors below which a large tree is not comfortable: folders, files, cache objects.
    static let openFilesWanted: UInt64 = 4096
    /// Requests to a view that the kernel may have under way: as many as a usual mount has lanes.
    static let backgroundRequestsWanted = ShareMeasurement.lanesUsual

    /// - Parameter wantsAllowOther: a mount is planned that others shall see.
    static func findings(_ facts: MachineFacts, wantsAllowOther: Bool = false) -> [Finding] {
        [
            versions(facts), device(facts), fusermount(facts),
            allowOther(facts, isWanted: wantsAllowOther), openFiles(facts), background(facts),
            indexing(facts), pressure(facts),
        ].compactMap { $0 }
    }

    private static func versions(_ facts: MachineFacts) -> Finding {
        Finding(
            .versions, .ok, nil,
            "\(facts.larder), kernel \(facts.kernel), libfuse \(facts.fuseLibrary)")
    }

    private static func device(_ facts: MachineFacts) -> Finding {
        let path = facts.fuseDevicePath
        switch facts.fuseDevice {
        case .opens: return Finding(.fuseDevice, .ok, path, "opens")
        case .missing:
            return Finding(
                .fuseDevice, .problem, path, "is missing: nothing can be mounted",
                advice: "load the kernel module (`modprobe fuse`), or give the container the device"
                    + " (`--device /dev/fuse --cap-add SYS_ADMIN`)")
        case .refused(.notPermitted), .refused(.accessDenied):
            return Finding(
                .fuseDevice, .problem, path, "may not be opened by you: nothing can be mounted",
                advice: facts.userID == 0
                    ? "let the container use the device (`--device \(path) --cap-add SYS_ADMIN`)"
                    : "as root, `chmod 666 \(path)`, which is usual")
        case .refused(let error):
            return Finding(
                .fuseDevice, .problem, path, "does not open: \(error.message)",
                advice: "load the kernel module: `modprobe fuse`")
        }
    }

    private static func fusermount(_ facts: MachineFacts) -> Finding {
        let isRoot = facts.userID == 0
        guard let found = facts.fusermount else {
            return Finding(
                .fusermount, isRoot ? .note : .problem, nil,
                "fusermount3 is not installed; only root can mount without it",
                advice: "install the package fuse3")
        }
        guard found.isSetUserID else {
            return Finding(
                .fusermount, isRoot ? .note : .problem, found.path,
                "is not set-uid root, so only root can mount",
                advice: "`chmod u+s \(found.path)` as root, or reinstall the package fuse3")
        }
        guard !found.isOnNoSetUserID else {
            return Finding(
                .fusermount, isRoot ? .note : .problem, found.path,
                "lies on a file system mounted nosuid, so only root can mount",
                advice: "mount the file system of \(found.path) without nosuid, or mount as root")
        }
        return Finding(.fusermount, .ok, found.path, "is set-uid root")
    }

    private static func allowOther(_ facts: MachineFacts, isWanted: Bool) -> Finding {
        let path = facts.fuseConfigurationPath
        if facts.userID == 0 {
            return Finding(.allowOther, .ok, path, "does not matter: root may mount allow_other")
        }
        if facts.userMayAllowOther {
            return Finding(.allowOther, .ok, path, "lets you mount allow_other")
        }
        return Finding(
            .allowOther, isWanted ? .problem : .note, path,
            "does not let you mount allow_other: only you will see your views",
            advice: "if others shall see them, root adds a line `user_allow_other` to \(path)")
    }

    private static func openFiles(_ facts: MachineFacts) -> Finding {
        let figures = ["openFiles": Double(facts.openFilesMax)]
        let isEnough = facts.openFilesMax >= openFilesWanted
        let most =
            facts.openFilesMax > 1 << 31 ? "any number of" : StatusText.grouped(facts.openFilesMax)
        return Finding(
            .openFiles, isEnough ? .ok : .warning, nil,
            "a daemon may have \(most) files open (RLIMIT_NOFILE)"
                + (isEnough ? "" : ", which is little for a large tree"),
            advice: isEnough
                ? nil
                : "`ulimit -Hn 65536` before mounting, LimitNOFILE= in a unit, or a line in"
                    + " /etc/security/limits.conf",
            figures: figures)
    }

    private static func background(_ facts: MachineFacts) -> Finding? {
        guard let most = facts.backgroundRequestsMax, facts.userID != 0 else { return nil }
        let path = "/sys/module/fuse/parameters/max_user_bgreq"
        let figures = ["requests": Double(most)]
        guard most < backgroundRequestsWanted else {
            return Finding(
                .backgroundRequests, .ok, path,
                "lets a view of yours have \(StatusText.grouped(most)) requests under way",
                figures: figures)
        }
        return Finding(
            .backgroundRequests, .warning, path,
            "lets a view of yours have no more than \(most) requests under way",
            advice: "root raises it: `echo 256 > \(path)`", figures: figures)
    }

    private static func indexing(_ facts: MachineFacts) -> Finding {
        let path = facts.updatedbConfigurationPath
        switch facts.indexing {
        case .notInstalled:
            return Finding(.updatedb, .ok, nil, "updatedb is not installed")
        case .spares:
            return Finding(.updatedb, .ok, path, "keeps updatedb out of views")
        case .walks:
            return Finding(
                .updatedb, .warning, path,
                "lets updatedb walk every view that root may enter, and so all of its share",
                advice: "add \(MountConfiguration.fileSystemType) to PRUNEFS in \(path)")
        case .unreadable(let error):
            return Finding(
                .updatedb, .note, path, "cannot be read: \(error.message)",
                advice: "see whether PRUNEFS in it has \(MountConfiguration.fileSystemType)")
        }
    }

    private static func pressure(_ facts: MachineFacts) -> Finding {
        if facts.saysPressure {
            return Finding(
                .pressure, .ok, "/proc/pressure", "tells when the machine is busy (PSI)")
        }
        return Finding(
            .pressure, .note, "/proc/pressure",
            "does not tell when the machine is busy (PSI): prefetching gives way to memory only",
            advice: "boot with `psi=1` where the kernel has it")
    }
}
