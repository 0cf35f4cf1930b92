import Control
import View

/// How far the whole tree is known, for `larder status`.
extension DaemonControl {
    func catalogue(at now: Duration) -> StatusReport.Catalogue {
        let progress = view.catalogue
        return StatusReport.Catalogue(
            state: StatusReport.Catalogue.State(progress.state), folders: progress.round.folders,
            names: progress.round.names, listed: progress.round.listed,
            skipped: progress.round.skipped,
            lastRoundSeconds: progress.lastEnd.map { (now - $0) / .seconds(1) },
            lastRoundTookSeconds: progress.lastTook.map { $0 / .seconds(1) },
            nextRoundSeconds: progress.nextRound.map { max(.zero, $0 - now) / .seconds(1) })
    }
}

extension StatusReport.Catalogue.State {
    fileprivate init(_ state: CatalogueProgress.State) {
        self =
            switch state {
            case .off: .off
            case .waiting: .waiting
            case .walking: .walking
            case .paused: .paused
            case .away: .away
            case .complete: .complete
            case .tooLarge: .tooLarge
            case .indexFull: .indexFull
            }
    }
}
