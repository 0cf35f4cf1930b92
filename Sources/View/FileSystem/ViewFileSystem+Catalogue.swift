public import Model

import Platform
import Share

/// The whole tree of the share, known in the background.
extension ViewFileSystem {
    /// Of all names of the share.
    public var catalogue: CatalogueProgress { namespace.catalogue.progress }

    /// - Parameters:
    ///   - mode: without a disk tier there is nowhere to keep what is found, and nothing is looked at. `auto` is off in `strict`,
    ///     which asks the share all the same.
    ///   - rate: folders per second, at most; 0: as fast as they come.
    public func setCatalogue(_ mode: CatalogueMode, rate: Int) {
        var settings = CatalogueWalk.Settings()
        settings.rate = rate
        settings.looksMax = max(1, share.scheduler.lanes / 2)
        // Who has said that changes need not be seen sooner may have a share whose disks sleep.
        settings.interval = max(settings.interval, nodes.rules.propagationDelay)
        settings.reach =
            switch mode {
            case .off: nil
            case .on: disk == nil ? nil : .everything
            case .auto:
                disk == nil || configuration.consistency == .strict
                    ? nil : .names(Catalogue.namesMaxInAuto)
            }
        namespace.catalogue.set(settings)
    }
}
