import Model
import Platform

/// Who keeps a view busy: processes with an open file, a working directory or a root in it.
enum ViewUsers {
    struct User: Hashable {
        var pid: Int32
        var name: String
    }

    /// Users named at most.
    static let shownMax = 8

    static func busyMessage(_ view: String) -> String {
        let users = find(view)
        let shown = users.prefix(shownMax).map { "\($0.name) (\($0.pid))" }
        let more = users.count > shown.count ? " and \(users.count - shown.count) more" : ""
        let by = users.isEmpty ? "" : " by " + shown.joined(separator: ", ") + more
        return "\(view) is in use\(by): close what uses it (`fuser -vm \(view)` shows all), or take"
            + " it away under it with `larder unmount --lazy \(view)`"
    }

    /// As far as we may look into other processes: root sees all, others see their own.
    ///
    /// Reads links in `/proc` only, so the view itself is not asked anything.
    static func find(_ view: String) -> [User] {
        let prefix = Array(view.utf8)
        let us = Environment.processID
        return names("/proc").compactMap { name -> User? in
            guard let pid = Int32(name.description), pid != us else { return nil }
            let links =
                ["/proc/\(pid)/cwd", "/proc/\(pid)/root"]
                + names("/proc/\(pid)/fd").map { "/proc/\(pid)/fd/\($0)" }
            guard links.contains(where: { target(of: $0, liesIn: prefix) }) else { return nil }
            let comm = try? FileContents.read("/proc/\(pid)/comm", bytesMax: 4096)
            let title = String(decoding: comm ?? [], as: UTF8.self)
            return User(pid: pid, name: title.split(separator: "\n").first.map(String.init) ?? "?")
        }
    }

    private static func target(of link: String, liesIn view: [UInt8]) -> Bool {
        guard let target = try? FileCalls.readLink(at: FileCalls.workingDirectory, Name(link))
        else {
            return false
        }
        return MountTable.isPrefix(view, of: target)
    }

    private static func names(_ directory: String) -> [Name] {
        do throws(Errno) {
            var reader = DirectoryReader(try FileCalls.open(directory, .directory))
            var found: [Name] = []
            while let batch = try reader.next() { found += batch.map(\.name) }
            return found
        } catch {
            return []
        }
    }
}
