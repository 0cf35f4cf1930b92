import Control
import Model
import Platform
import Tiers
import View

/// What stays on the disk.
extension DaemonControl {
    func pin(_ path: RelativePath, bytes: Int64, _ priority: PinPriority?) -> ControlResponse {
        changingPins(of: path) { () throws(PinTable.Failure) in
            try view.pin(path, bytes: max(0, bytes), priority: priority) == true ? [path] : []
        }
    }

    func unpin(_ path: RelativePath) -> ControlResponse {
        changingPins(of: path) { () throws(PinTable.Failure) in try view.unpin(path) }
    }

    func pins() -> ControlResponse { pins(of: nil, changed: []) }

    private func changingPins(
        of path: RelativePath, _ body: () throws(PinTable.Failure) -> [RelativePath]
    ) -> ControlResponse {
        do throws(PinTable.Failure) {
            return pins(of: path, changed: try body())
        } catch {
            return .failed(Self.text(error))
        }
    }

    private func pins(of path: RelativePath?, changed: [RelativePath]) -> ControlResponse {
        guard let disk, let progress = view.pinProgress else {
            return .failed("nothing can be pinned without a disk tier (`disk=`)")
        }
        return .pins(
            PinReport(
                pins: view.pins.map(PinReport.Pin.init), limitBytes: disk.pinnedMax,
                wasLost: disk.pins.wasLost, changed: changed,
                covering: path.flatMap { disk.pins.covering($0) }.map(PinReport.Pin.init),
                progress: PinReport.Progress(
                    isAtWork: progress.isAtWork, isComplete: progress.isComplete,
                    files: progress.files, bytes: progress.bytes,
                    fetchedBytes: progress.fetchedBytes, failures: progress.failures,
                    tooManyFiles: progress.tooMany)))
    }

    private static func text(_ failure: PinTable.Failure) -> String {
        switch failure {
        case .tooMany:
            "there are \(PinTable.pinsMax) pins already: pin a folder that holds several, or give some free with"
                + " `larder unpin`"
        case .tooLarge(let pinned, let asked, let most):
            "\(ByteCount(asked)) more do not fit: \(ByteCount(pinned)) are pinned, and all pins together may hold"
                + " \(ByteCount(most)), nine tenths of the disk tier; make `disk=` larger, or give some free with"
                + " `larder unpin`"
        case .notKept(let error):
            "the cache's disk did not take it down (\(error.message)): nothing is changed"
        }
    }
}

extension PinReport.Pin {
    init(_ pin: PinTable.Pin) {
        self.init(path: pin.path, bytes: pin.bytes, priority: pin.priority)
    }
}
