"""Order hub: won opportunities become orders in the ERP system, whose answer goes back to the opportunity.

The event brings the session of whoever won the opportunity; the callback is made with it.
"""

import os

from isthmus.hub.connectors.http import HttpSink
from isthmus.hub.connectors.salesforce_cometd import CometdSource
from isthmus.hub.connectors.salesforce_connection import ClientCredentials, SalesforceConnection
from isthmus.hub.connectors.salesforce_rest import SESSION_HEADER, SalesforceUpdateSink
from isthmus.hub.hub import Hub
from isthmus.hub.message import Message
from isthmus.hub.redelivery import RedeliveryPolicy
from isthmus.hub.route import Route

org = SalesforceConnection(
    os.environ["ORG_URL"], ClientCredentials(os.environ["ORG_CLIENT_ID"], os.environ["ORG_CLIENT_SECRET"])
)
soon = RedeliveryPolicy(first=200, longest=2_000, jitter=0.5)  # milliseconds; for work, leave the defaults


def order_of(event: Message) -> Message:
    """What the ERP system needs to know of an opportunity; its user's session is none of that."""
    won = event.body
    return event.with_body(
        {
            "reference": won["Opportunity_Id__c"],
            "name": won["Opportunity_Name__c"],
            "amount": won["Amount__c"],
        }
    )


def callback_of(answered: Message) -> Message:
    """The order's number and status, for the opportunity, in the session that the event brought."""
    event, order = answered.body["request"], answered.body["reply"]
    opportunity = {
        "Id": event["Opportunity_Id__c"],
        "Order_Number__c": order["number"],
        "Order_Status__c": order["status"],
    }
    return answered.with_body(opportunity).with_headers(**{SESSION_HEADER: event["Session_Id__c"] or ""})


orders = Route(
    "orders",
    source=CometdSource(org, "/event/Order_Request__e"),
    steps=[order_of],
    sink=HttpSink(f"{os.environ['ERP_URL']}/orders", seconds=5),
    redelivery=soon,
    reply_to="callbacks",
)
callbacks = Route(
    "callbacks", steps=[callback_of], sink=SalesforceUpdateSink(org, "Opportunity"), redelivery=soon
)
hub = Hub("telecom", routes=[orders, callbacks])
