import Model

/// What a changed file means for a view that is mounted. Pure.
struct ConfigurationChange {
    /// Options that can have their new values at once.
    private(set) var changed: [MountOption] = []
    private(set) var needsRemount: [MountOption] = []
    /// What is then in force: the new values, except for what needs a remount.
    private(set) var result: LayeredConfiguration

    init(from before: LayeredConfiguration, to after: LayeredConfiguration) {
        result = after
        for option in MountOption.settings
        where option.text(in: before.configuration) != option.text(in: after.configuration) {
            if Self.isPossible(option, before.configuration, after.configuration) {
                changed.append(option)
            } else {
                needsRemount.append(option)
                result.takeBack(option, from: before)
            }
        }
    }

    private static func isPossible(
        _ option: MountOption, _ before: MountConfiguration, _ after: MountConfiguration
    ) -> Bool {
        switch option.name {
        // A tier is opened before the view is mounted.
        case "disk": (before.diskLimit.bytes == 0) == (after.diskLimit.bytes == 0)
        // What strict makes of it comes with strict.
        case "propagation": before.consistency == after.consistency
        default: option.isLive
        }
    }
}
