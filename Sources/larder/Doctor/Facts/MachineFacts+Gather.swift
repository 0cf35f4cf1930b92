import Fuse
import Glibc
import Model
import Platform

/// Where facts of the machine are found; tests put files of their own there.
struct MachinePlaces: Sendable {
    var updatedbConfiguration = "/etc/updatedb.conf"
    var fuseParameters = "/sys/module/fuse/parameters"
    var pressure = "/proc/pressure"
    /// Programs that index, of which one suffices.
    var indexers = ["updatedb", "updatedb.plocate", "updatedb.mlocate"]
}

extension MachineFacts {
    /// Asks local files only.
    static func gather(
        host: MountHost = .current(), places: MachinePlaces = MachinePlaces(), table: MountTable
    ) -> MachineFacts {
        MachineFacts(
            kernel: KernelVersion.release, fuseLibrary: FuseLibrary.version, userID: host.userID,
            fuseDevicePath: host.fuseDevice, fuseDevice: device(host.fuseDevice),
            fusermount: host.fusermount.map { fusermount($0, table) },
            fuseConfigurationPath: host.fuseConfiguration,
            userMayAllowOther: host.userMayAllowOther, openFilesMax: OpenFileLimit.hard,
            backgroundRequestsMax: number("\(places.fuseParameters)/max_user_bgreq"),
            updatedbConfigurationPath: places.updatedbConfiguration, indexing: indexing(places),
            saysPressure: (try? FileContents.read("\(places.pressure)/io", bytesMax: 4096)) != nil)
    }

    private static func device(_ path: String) -> Device {
        do throws(Errno) {
            _ = try FileCalls.open(path, [.readWrite, .nonBlocking])
            return .opens
        } catch .noSuchFile {
            return .missing
        } catch {
            return .refused(error)
        }
    }

    private static func fusermount(_ path: String, _ table: MountTable) -> Fusermount {
        let attributes = try? FileCalls.attributes(ofPath: path)
        let canonical = (try? RealPath.resolve(Array(path.utf8))) ?? Array(path.utf8)
        return Fusermount(
            path: path,
            isSetUserID: attributes.map { $0.mode & 0o4000 != 0 && $0.userID == 0 } ?? false,
            isOnNoSetUserID: table.entry(containing: canonical)?.options.contains("nosuid") == true)
    }

    /// A small number in a file; nil where there is none.
    static func number(_ path: String) -> Int? {
        let bytes = (try? FileContents.read(path, bytesMax: 64)) ?? []
        return Int(String(decoding: bytes.prefix { $0 != 0x0A }, as: UTF8.self))
    }

    private static func indexing(_ places: MachinePlaces) -> Indexing {
        let isInstalled = places.indexers.contains {
            ChildProcess.find($0, searchPath: nil) != nil
        }
        guard isInstalled else { return .notInstalled }
        do throws(Errno) {
            let text = try FileContents.read(places.updatedbConfiguration, bytesMax: 1 << 20)
            return sparesViews(String(decoding: text, as: UTF8.self)) ? .spares : .walks
        } catch .noSuchFile {
            return .walks
        } catch {
            return .unreadable(error)
        }
    }

    /// `PRUNEFS = "NFS nfs4 fuse.larder"`, as updatedb.conf(5) has it: types without regard to case.
    static func sparesViews(_ configuration: String) -> Bool {
        configuration.split(whereSeparator: \.isNewline).contains { line in
            let parts = line.split(separator: "=", maxSplits: 1)
            guard parts.count == 2,
                parts[0].split(whereSeparator: \.isWhitespace).elementsEqual(["PRUNEFS"])
            else { return false }
            let types = parts[1].split { $0.isWhitespace || $0 == "\"" }
            return types.contains { $0.lowercased() == MountConfiguration.fileSystemType }
        }
    }
}
