import Foresight
import Fuse
import Platform

extension ViewFileSystem {
    /// Something other than a read was done for whoever asks. - Parameter node: 0 where nothing was found, which is not kept.
    func record(
        _ request: FuseRequest, _ operation: AccessRecord.Operation, _ node: UInt64,
        offset: Int64 = 0, length: Int64 = 0, since start: Duration
    ) {
        prefetcher.done(
            operation, node, offset: offset, length: length, user: request.caller.userID,
            process: request.caller.processID, since: start)
    }
}
