"""The query path: parse, bind, authorize, plan, execute. Every SOQL string of every wire passes it."""
