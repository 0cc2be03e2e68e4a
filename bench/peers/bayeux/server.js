// A Bayeux server that delivers what its clients publish: `node server.js faye|cometd` prints its port.
'use strict'

const http = require('http')

const HELD_AT_MOST = 110

function faye () {
  const { NodeAdapter } = require('faye')
  const server = http.createServer()
  new NodeAdapter({ mount: '/cometd', timeout: HELD_AT_MOST }).attach(server)
  return server
}

function cometd () {
  const options = { timeout: HELD_AT_MOST * 1000, maxInterval: 40000 }
  return http.createServer(require('cometd-nodejs-server').createCometDServer(options).handle)
}

const server = { faye, cometd }[process.argv[2]]()
server.keepAliveTimeout = HELD_AT_MOST * 1000
server.listen(0, '127.0.0.1', () => console.log(server.address().port))
