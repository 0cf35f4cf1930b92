import Fuse
import Model
import Platform
import Glibc
import Synchronization

final class Probe: FuseFileSystem {
    let inFlight = Atomic<Int>(0)
    let most = Atomic<Int>(0)
    var features: FuseFeatures { [.readDirectoryPlus] }
    func initialize(_ c: inout FuseConnection) { say("init", c.version, c.offered.contains(.parallelDirectoryOperations), c.maxReadahead, c.wanted) }
    func destroy() { say("destroy; most lookups at once", most.load(ordering: .relaxed)) }
    func attr(_ n: UInt64) -> FileAttributes {
        n == 1 ? FileAttributes(inode: 1, mode: 0o040755) : FileAttributes(inode: n, mode: 0o100644, size: 1 << 30)
    }
    func lookup(_ r: FuseRequest, parent: UInt64, name: Name) {
        if name.description.hasPrefix("slow") {
            let now = inFlight.add(1, ordering: .relaxed).newValue
            _ = most.max(now, ordering: .relaxed)
            startThread(name: "x") { [self] in
                usleep(200_000)
                inFlight.subtract(1, ordering: .relaxed)
                r.reply(error: .noSuchFile)
            }
            return
        }
        if name.description == "int" {
            r.onInterrupt { say("interrupted"); r.reply(error: .interrupted) }
            return
        }
        if name.description == "lost" { return }
        if name.description == "zero" {
            r.reply(entry: FuseEntry(nodeID: 2, attributes: attr(2), attributeTimeout: 100, entryTimeout: 100))
        } else { r.reply(error: .noSuchFile) }
    }
    func getAttributes(_ r: FuseRequest, node: UInt64, handle: UInt64?) { r.reply(attributes: attr(node), timeout: 100) }
    func open(_ r: FuseRequest, node: UInt64, flags: Int32) { r.reply(open: FuseOpenReply(handle: 7, keepCache: true)) }
    let sizes = Mutex<[Int: Int]>([:])
    nonisolated(unsafe) let zeros = UnsafeRawBufferPointer(UnsafeMutableRawBufferPointer.allocate(byteCount: 65536, alignment: 4096))
    func read(_ r: FuseRequest, node: UInt64, handle: UInt64, offset: Int64, size: Int) {
        sizes.withLock { $0[size, default: 0] += 1 }
        var left = size; var parts: [UnsafeRawBufferPointer] = []
        while left > 0 { let n = min(left, 65536); parts.append(.init(rebasing: zeros[..<n])); left -= n }
        r.reply(buffers: parts)
    }
    func release(_ r: FuseRequest, node: UInt64, handle: UInt64, flags: Int32, lockOwner: UInt64?) { r.reply(error: nil) }
    func openDirectory(_ r: FuseRequest, node: UInt64, flags: Int32) { r.reply(open: FuseOpenReply(handle: 0)) }
    func readDirectory(_ r: FuseRequest, node: UInt64, handle: UInt64, offset: Int64, size: Int, plus: Bool) {
        var b = FuseDirectoryBuffer(capacity: size)
        if offset == 0 { _ = plus ? b.addPlus(name: "zero", entry: FuseEntry(nodeID: 2, attributes: attr(2), attributeTimeout: 1, entryTimeout: 1), nextOffset: 1) : b.add(name: "zero", inode: 2, type: 8, nextOffset: 1) }
        r.reply(directory: b)
    }
    func releaseDirectory(_ r: FuseRequest, node: UInt64, handle: UInt64) { r.reply(error: nil) }
}
let p = Probe()
do {
    let s = try FuseSession(fileSystem: p, fsName: "probe,with comma", subtype: "probe", options: ["ro"])
    let args = CommandLine.arguments
    try s.mount(at: args[1])
    say("device", s.deviceNumber ?? "-")
    try? s.setKernelReadahead(kibibytes: 1024)
    if args.count > 2 { startThread(name: "exit") { sleep(UInt32(args[2])!); say("exit()"); s.exit() } }
    try s.run(threadsMax: 8)
    say(p.sizes.withLock { $0 })
    s.unmount()
    say("ended")
} catch { say("error: \(error)"); exit(1) }
func say(_ a: Any...) { var t = a.map { "\($0)" }.joined(separator: " ") + "\n"; t.withUTF8 { _ = write(2, $0.baseAddress, $0.count) } }
