import Control

extension CommandParser {
    mutating func history() throws(CommandError) -> HistoryRequest {
        var request = HistoryRequest()
        for option in try options(of: .history) {
            if option.name == "--forget" { request.forgets = true } else { request.json = true }
        }
        guard positional.count <= 1 else {
            throw .usage("history takes one path at a time: `larder history [PATH]`")
        }
        guard !request.json || !request.forgets else {
            throw .usage("--json is for what is shown, and not for --forget")
        }
        request.path = positional.first
        return request
    }

    mutating func forecast() throws(CommandError) -> ForecastRequest {
        var request = ForecastRequest()
        for option in try options(of: .forecast) {
            guard option.name == "--hours" else {
                request.json = true
                continue
            }
            let possible = 1...ForecastReport.hoursMax
            guard let hours = Int(option.value), possible.contains(hours) else {
                throw .usage(
                    "--hours is a number from 1 to \(ForecastReport.hoursMax),"
                        + " not '\(option.value)'")
            }
            request.hours = hours
        }
        request.view = try oneOrNoView("forecast")
        return request
    }

    /// `larder warm`, of which `--plan` is another thing: it fetches nothing.
    mutating func warm() throws(CommandError) -> Command {
        var request = WarmRequest()
        var plan = ForecastRequest(isPlan: true)
        var isPlan = false
        for option in try options(of: .warm) {
            switch option.name {
            case "--plan": isPlan = true
            case "--json": plan.json = true
            case "--list":
                guard !option.value.isEmpty else {
                    throw .usage("--list needs a file; '-' is stdin")
                }
                request.list = option.value
            default: request.isNul = true
            }
        }
        guard !isPlan else {
            guard request == WarmRequest() else {
                throw .usage("--plan says what habits would have fetched, and takes no list")
            }
            plan.view = try oneOrNoView("warm --plan")
            return .forecast(plan)
        }
        guard !plan.json else { throw .usage("--json is for --plan") }
        request.paths = positional
        guard request.paths.isEmpty == (request.list != nil) else {
            throw .usage(
                "warm needs paths inside a view, `larder warm PATH…`, or a list of them,"
                    + " `larder warm --list FILE`")
        }
        guard !request.isNul || request.list != nil else { throw .usage("-0 is for --list") }
        return .warm(request)
    }

    private mutating func oneOrNoView(_ command: String) throws(CommandError) -> String? {
        let views = try paths()
        guard views.count <= 1 else {
            throw .usage("\(command) takes one view, or none for all: '\(views[1])' is too much")
        }
        return views.first
    }
}
