import Control
import Model
import Platform

/// `larder config check FILE|NAME` and `larder config show VIEW|NAME [--json]`.
struct ConfigCommand {
    var request: ConfigRequest
    var locator = ConfigurationLocator.current()
    var client = ControlClient()

    func run() throws(CommandError) {
        switch request {
        case .check(let source): try check(source)
        case .show(let word, let json): try show(word, json: json)
        }
    }

    // MARK: - Check

    private func check(_ source: ConfigurationLocator.Source) throws(CommandError) {
        let path = try locator.path(of: source)
        let file = try ConfigurationFile.read(path)
        let layers: LayeredConfiguration
        do {
            layers = try LayeredConfiguration(file.settings)
        } catch {
            throw error.commandError
        }
        let configuration = layers.configuration
        let shown =
            configuration.sharePath.isEmpty || configuration.viewPath.isEmpty
            ? "share and view are to be given: `larder mount SHARE VIEW --config \(path)`"
            : "shows \(configuration.sharePath) at \(configuration.viewPath)"
        Terminal.out("\(path) is right; \(shown)")
    }

    // MARK: - Show

    private func show(_ word: String, json: Bool) throws(CommandError) {
        let view = try ViewLocator.current().view(mountedBy: word, locator, client)
        let report = try view.ask(.configuration, client) { response in
            if case .configuration(let report) = response { report } else { nil }
        }
        guard json else {
            return Terminal.out(Self.text(report, colours: Terminal.outHasColours))
        }
        try Terminal.out(json: report, of: "the configuration")
    }

    static func text(_ report: ConfigurationReport, colours: Bool = false) -> String {
        var table = TextTable(header: ["OPTION", "VALUE", "FROM"], wordColumns: [0, 1, 2])
        for option in report.options {
            var from =
                switch option.origin {
                case .usual: "default"
                case .commandLine: "command line"
                case .file: "\(report.file ?? "file"):\(option.line ?? 0)"
                }
            if option.reloaded { from += ", reloaded" }
            if let later = option.afterRemount { from += "; after a remount \(later)" }
            let name = option.section.map { "\($0).\(option.name)" } ?? option.name
            table.rows.append([name, (option.value ?? "-").printable, from.printable])
        }
        let file = report.file.map { "configuration \($0)" } ?? "no configuration file"
        return
            ([report.viewPath.printable + ", " + file.printable]
            + table.lines(colours: colours)).joined(separator: "\n")
    }
}
